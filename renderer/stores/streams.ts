import { unwrap } from '../bridge.ts';

/** Who draws a terminal. */
interface StreamListener {
  output(bytes: Uint8Array): void;
  end(why: string): void;
}

/** Streams whose end is remembered, so that output that was still on its way is not kept for nobody. */
const closedMax = 64;

const listeners = new Map<number, StreamListener>();
/** What came for a stream before anybody knew its number; the shell stops at its own bound until it counts as drawn. */
const held = new Map<number, { readonly output: Uint8Array[]; end: string | undefined }>();
const closed = new Set<number>();

/** One session's terminal, open in this window. */
export interface OpenStream {
  readonly number: number;
  readonly readOnly: boolean;
  /** Hands on what came already and what comes. Once. */
  follow(listener: StreamListener): void;
  /** Leaves; the session goes on. */
  close(): void;
}

/** Attaches to a session's terminal. Rejects with `BridgeError`. */
export async function openTerminalStream(session: string, readOnly: boolean): Promise<OpenStream> {
  const { stream: number, readOnly: onlyLooks } = unwrap(await window.gatehouse.streams.open(session, readOnly));
  return {
    number,
    readOnly: onlyLooks,
    follow(listener) {
      const before = held.get(number);
      held.delete(number);
      if (before?.end === undefined) listeners.set(number, listener);
      for (const bytes of before?.output ?? []) listener.output(bytes);
      if (before?.end !== undefined) listener.end(before.end);
    },
    close() {
      listeners.delete(number);
      held.delete(number);
      remember(number);
      window.gatehouse.streams.close(number);
    },
  };
}

/** Output of a session, from the bridge. */
export function passOutput(stream: number, bytes: Uint8Array): void {
  const listener = listeners.get(stream);
  if (listener !== undefined) listener.output(bytes);
  else if (!closed.has(stream)) holdFor(stream).output.push(bytes);
}

/** A terminal that is no longer attached, from the bridge. */
export function passStreamEnd(stream: number, why: string): void {
  const listener = listeners.get(stream);
  listeners.delete(stream);
  if (listener !== undefined) listener.end(why);
  else if (!closed.has(stream)) holdFor(stream).end = why;
}

function holdFor(stream: number): { readonly output: Uint8Array[]; end: string | undefined } {
  const known = held.get(stream) ?? { output: [], end: undefined };
  held.set(stream, known);
  return known;
}

function remember(number: number): void {
  closed.add(number);
  for (const oldest of closed) {
    if (closed.size <= closedMax) break;
    closed.delete(oldest);
  }
}

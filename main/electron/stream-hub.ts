import type { WindowEvent } from '#contract/bridge.ts';
import { operatingError } from '#contract/operating-error.ts';
import { openStream, type SessionEnd, type SessionStream, type StreamLeft } from '../adapters/control/stream-client.ts';
import type { SupervisorLink } from './supervisor-link.ts';

/** Terminals that one window holds open. */
const streamsMax = 16;
/** Output on its way to the window that it has not drawn yet; more waits in the supervisor, which bounds it. */
const undrawnBytesMax = 512 * 1024;
/** Typed or pasted at once. */
const writtenCharactersMax = 1024 * 1024;

interface Open {
  readonly stream: SessionStream;
  /** Sending anything would end the connection. */
  readonly readOnly: boolean;
  undrawn: number;
  wake: (() => void) | undefined;
}

/** The terminals of sessions that the main window shows. They are left, never ended, when the window closes them. */
export class StreamHub {
  readonly #link: SupervisorLink;
  readonly #socket: string;
  readonly #tell: (event: WindowEvent) => void;
  readonly #open = new Map<number, Open>();
  #last = 0;

  constructor(link: SupervisorLink, streamSocket: string, tell: (event: WindowEvent) => void) {
    this.#link = link;
    this.#socket = streamSocket;
    this.#tell = tell;
  }

  async open(session: string, readOnly: boolean): Promise<{ stream: number; readOnly: boolean }> {
    if (this.#open.size >= streamsMax) {
      throw operatingError('too_many', `${streamsMax} terminals are open in this window.`, { remedy: 'Close one.' });
    }
    const attached = await this.#link.control().call('session.attach', { id: session, readOnly });
    const stream = await openStream({ streamSocket: this.#socket }, attached.streamToken);
    this.#last += 1;
    const number = this.#last;
    const open: Open = { stream, readOnly: attached.readOnly, undrawn: 0, wake: undefined };
    this.#open.set(number, open);
    stream.onOutput(async (_name, bytes) => {
      if (!this.#open.has(number)) return;
      open.undrawn += bytes.length;
      this.#tell({ type: 'output', stream: number, bytes: new Uint8Array(bytes) });
      if (open.undrawn > undrawnBytesMax)
        await new Promise<void>((resolve) => {
          open.wake = resolve;
        });
    });
    void stream.over
      .then(endText, () => 'The connection to it was lost.')
      .then((why) => {
        if (this.#open.delete(number)) this.#tell({ type: 'stream-end', stream: number, why });
      });
    return { stream: number, readOnly: attached.readOnly };
  }

  /** The window has drawn this much. */
  taken(number: number, bytes: number): void {
    const open = this.#open.get(number);
    if (open === undefined || !(bytes >= 0)) return;
    open.undrawn = Math.max(0, open.undrawn - bytes);
    if (open.undrawn > undrawnBytesMax / 2) return;
    open.wake?.();
    open.wake = undefined;
  }

  write(number: number, text: string): void {
    if (text.length <= writtenCharactersMax) void this.#typing(number)?.write(Buffer.from(text, 'utf8'));
  }

  resize(number: number, columns: number, rows: number): void {
    const isSize = (value: number) => Number.isInteger(value) && value >= 1 && value <= 1000;
    if (isSize(columns) && isSize(rows)) this.#typing(number)?.resize({ columns, rows });
  }

  /** The terminal, when it may be typed into. */
  #typing(number: number): SessionStream | undefined {
    const open = this.#open.get(number);
    return open === undefined || open.readOnly ? undefined : open.stream;
  }

  close(number: number): void {
    const open = this.#open.get(number);
    this.#open.delete(number);
    open?.wake?.();
    // The session goes on: leaving is not ending.
    open?.stream.detach();
  }

  /** The page was loaded anew: what it had open is left. */
  closeAll(): void {
    for (const number of [...this.#open.keys()]) this.close(number);
  }
}

function endText(over: SessionEnd | StreamLeft): string {
  if ('exit' in over) return `It ended with exit status ${over.exit.status}.`;
  return over.why === 'asked' ? 'You left it.' : 'This window fell behind its output. Open it again.';
}

/**
 * Guarantee: the window holds so many terminals, and what is on its way in either direction is bounded, whatever it says it has drawn and
 * however much it types at a session that reads nothing.
 *
 * Threat: script in the main window that opens terminals without end, types without end, or lies about what it has drawn.
 *
 * Limits: what it types reaches the session: the window is the keyboard of every session it shows.
 */
import type { WindowEvent } from '#contract/bridge.ts';
import { operatingError } from '#contract/operating-error.ts';
import { openStream, type SessionEnd, type SessionStream, type StreamLeft } from '../adapters/control/stream-client.ts';
import type { SupervisorLink } from './supervisor-link.ts';

/** Terminals that one window holds open; fewer of one session, so that there is room for the person's own terminals. */
const streamsMax = 16;
const streamsOfOneMax = 4;
/** Output on its way to the window that it has not drawn yet; more waits in the supervisor, which bounds it. */
const undrawnBytesMax = 512 * 1024;
/** Typed or pasted at once. */
export const writtenCharactersMax = 1024 * 1024;
/** Typed, and not yet taken by the session: one that is paused, or reads nothing, takes nothing. */
const untakenCharactersMax = 4 * writtenCharactersMax;
/** What of that is still handed over once the window has left. */
const lingeringCharactersMax = 64 * 1024;

interface Open {
  readonly session: string;
  readonly stream: SessionStream;
  /** Sending anything would end the connection. */
  readonly readOnly: boolean;
  undrawn: number;
  /** Output that the window is told of together, since a terminal hands it on in pieces of four kilobytes. */
  readonly untold: Buffer[];
  untaken: number;
  wake: (() => void) | undefined;
}

/** The terminals of sessions that the main window shows. They are left, never ended, when the window closes them. */
export class StreamHub {
  readonly #link: SupervisorLink;
  readonly #socket: string;
  readonly #tell: (event: WindowEvent) => void;
  readonly #open = new Map<number, Open>();
  /** Sessions whose terminals are on their way. */
  readonly #opening: string[] = [];
  /** Which page they were opened for. */
  #page = 0;
  #last = 0;

  constructor(link: SupervisorLink, streamSocket: string, tell: (event: WindowEvent) => void) {
    this.#link = link;
    this.#socket = streamSocket;
    this.#tell = tell;
  }

  async open(session: string, readOnly: boolean): Promise<{ stream: number; readOnly: boolean }> {
    this.#mayOpen(session);
    const page = this.#page;
    this.#opening.push(session);
    try {
      const attached = await this.#link.control().call('session.attach', { id: session, readOnly });
      const stream = await openStream({ streamSocket: this.#socket }, attached.streamToken);
      if (page === this.#page) return this.#follow(session, stream, attached.readOnly);
      stream.detach();
      throw operatingError('session_not_running', 'The page that wanted this terminal is gone.');
    } finally {
      this.#opening.splice(this.#opening.indexOf(session), 1);
    }
  }

  #mayOpen(session: string): void {
    const held = [...[...this.#open.values()].map((open) => open.session), ...this.#opening];
    if (held.length >= streamsMax || held.filter((each) => each === session).length >= streamsOfOneMax) {
      throw operatingError('too_many', `${held.length} terminals are open in this window.`, { remedy: 'Close one.' });
    }
  }

  #follow(session: string, stream: SessionStream, readOnly: boolean): { stream: number; readOnly: boolean } {
    this.#last += 1;
    const number = this.#last;
    const open: Open = { session, stream, readOnly, undrawn: 0, untold: [], untaken: 0, wake: undefined };
    this.#open.set(number, open);
    stream.onOutput(async (_name, bytes) => {
      if (!this.#open.has(number)) return;
      open.undrawn += bytes.length;
      if (open.untold.push(bytes) === 1) setImmediate(() => this.#tellOutput(number));
      if (open.undrawn > undrawnBytesMax)
        await new Promise<void>((resolve) => {
          open.wake = resolve;
        });
    });
    void stream.over.then(endText, () => 'The connection to it was lost.').then((why) => this.#end(number, why));
    return { stream: number, readOnly };
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
    const open = this.#typing(number);
    if (open === undefined || text.length > writtenCharactersMax) return;
    if (open.untaken + text.length > untakenCharactersMax) {
      // Letting go says so; dropping some of what was typed would change what it means.
      this.close(number);
      this.#tell({ type: 'stream-end', stream: number, why: 'It takes nothing of what was typed. Open it again.' });
      return;
    }
    open.untaken += text.length;
    void open.stream.write(Buffer.from(text, 'utf8')).then(() => {
      open.untaken -= text.length;
    });
  }

  resize(number: number, columns: number, rows: number): void {
    const isSize = (value: number) => Number.isInteger(value) && value >= 1 && value <= 1000;
    if (isSize(columns) && isSize(rows)) this.#typing(number)?.stream.resize({ columns, rows });
  }

  /** The terminal, when it may be typed into. */
  #typing(number: number): Open | undefined {
    const open = this.#open.get(number);
    return open === undefined || open.readOnly ? undefined : open;
  }

  close(number: number): void {
    const open = this.#open.get(number);
    this.#open.delete(number);
    open?.wake?.();
    // The session goes on either way. A word of leaving would stand behind all that the session does not take, and keep it here.
    if (open !== undefined && open.untaken > lingeringCharactersMax) open.stream.close();
    else open?.stream.detach();
  }

  /** The page was loaded anew: what it had open is left, and so is what it was about to open. */
  closeAll(): void {
    this.#page += 1;
    for (const number of [...this.#open.keys()]) this.close(number);
  }

  #tellOutput(number: number): void {
    const untold = this.#open.get(number)?.untold.splice(0) ?? [];
    // A copy: what was read together lies in one large buffer.
    if (untold.length > 0) {
      this.#tell({ type: 'output', stream: number, bytes: new Uint8Array(Buffer.concat(untold)) });
    }
  }

  #end(number: number, why: string): void {
    this.#tellOutput(number);
    if (this.#open.delete(number)) this.#tell({ type: 'stream-end', stream: number, why });
  }
}

function endText(over: SessionEnd | StreamLeft): string {
  if ('exit' in over) return `It ended with exit status ${over.exit.status}.`;
  return over.why === 'asked' ? 'You left it.' : 'This window fell behind its output. Open it again.';
}

/**
 * Guarantee: script in a page hands the shell only so many calls and so much text at a time, however fast it runs; what it says it has
 * drawn is summed up meanwhile, and never lost.
 *
 * Threat: a loop in the main window that fills the shell's memory with messages, so that it ends, and the approval window with it.
 *
 * Limits: this runs in the page's own process, out of reach of its script; code that took over the process itself sends what it likes.
 */

/** Everything that is on its way and unanswered: far more than the page ever needs. */
const callsMax = 400;
const charactersMax = 8 * 1024 * 1024;
/** Of one message: a paste is the longest. */
const messageCharactersMax = 1_200_000;
const depthMax = 16;
/** Messages without an answer: as many at once, and again each second. */
const messagesMax = 4_000;
const messageCharactersPerSecondMax = 8 * 1024 * 1024;
/** What was drawn is said at once, or this long after it was said last. */
const drawnEveryMs = 10;

/** How messages leave; a page has no other way. */
export interface Sending {
  readonly invoke: <T>(channel: string, ...words: unknown[]) => Promise<T>;
  readonly send: (channel: string, ...words: unknown[]) => void;
  /** Never goes back. */
  readonly nowMs: () => number;
  readonly later: (act: () => void, ms: number) => void;
}

/** The bounds of one page. */
export class BoundedSending {
  readonly #out: Sending;
  #calls = 0;
  #characters = 0;
  #secondFromMs = Number.NEGATIVE_INFINITY;
  #messages = 0;
  #messageCharacters = 0;
  readonly #drawn = new Map<number, number>();
  #drawnAtMs = Number.NEGATIVE_INFINITY;
  #drawnLater = false;

  constructor(out: Sending) {
    this.#out = out;
  }

  /** Calls, and hands on the answer. Rejects when too much is on its way. */
  async invoke<T>(channel: string, ...words: unknown[]): Promise<T> {
    const size = charactersOf(words, 0);
    if (this.#calls >= callsMax || this.#characters + size > charactersMax || size > messageCharactersMax) {
      throw new Error('This page asks for too much at once.');
    }
    this.#calls += 1;
    this.#characters += size;
    try {
      return await this.#out.invoke<T>(channel, ...words);
    } finally {
      this.#calls -= 1;
      this.#characters -= size;
    }
  }

  /** Sends without an answer. Throws when it is too much. */
  send(channel: string, ...words: unknown[]): void {
    const nowMs = this.#out.nowMs();
    if (nowMs - this.#secondFromMs >= 1_000) {
      this.#secondFromMs = nowMs;
      this.#messages = 0;
      this.#messageCharacters = 0;
    }
    this.#messages += 1;
    const size = charactersOf(words, 0);
    this.#messageCharacters += size;
    const isMuch = this.#messages > messagesMax || this.#messageCharacters > messageCharactersPerSecondMax;
    if (isMuch || size > messageCharactersMax) throw new Error('This page sends too much at once.');
    this.#out.send(channel, ...words);
  }

  /** Says on `channel` how much of a stream was drawn. */
  drawn(channel: string, stream: number, bytes: number): void {
    if (!Number.isSafeInteger(stream) || !Number.isSafeInteger(bytes)) return;
    // A page that names streams without end names none that there are.
    if (this.#drawn.size > callsMax) this.#drawn.clear();
    this.#drawn.set(stream, (this.#drawn.get(stream) ?? 0) + bytes);
    const leftMs = this.#drawnAtMs + drawnEveryMs - this.#out.nowMs();
    if (leftMs <= 0) this.#sayDrawn(channel);
    else if (!this.#drawnLater) {
      this.#drawnLater = true;
      this.#out.later(() => this.#sayDrawn(channel), leftMs);
    }
  }

  #sayDrawn(channel: string): void {
    this.#drawnLater = false;
    this.#drawnAtMs = this.#out.nowMs();
    for (const [stream, bytes] of this.#drawn) this.#out.send(channel, stream, bytes);
    this.#drawn.clear();
  }
}

/**
 * Letters of everything in a value; whatever cannot be counted is too long. Messages are made of plain objects and lists: a map, an error or
 * a large number holds as much as it likes where nobody looks.
 */
function charactersOf(value: unknown, depth: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value === 'bigint') return Number.POSITIVE_INFINITY;
  if (typeof value !== 'object' || value === null) return 8;
  if (depth > depthMax || !isPlain(value)) return Number.POSITIVE_INFINITY;
  let sum = 8;
  for (const [name, each] of Object.entries(value)) {
    sum += name.length + charactersOf(each, depth + 1);
    if (sum > messageCharactersMax) break;
  }
  return sum;
}

function isPlain(value: object): boolean {
  return Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]';
}

/**
 * Guarantee: of one session at most so many pieces of work are under way at once; the rest of them wait in order. Others never
 * wait behind what waits here.
 * Threat: a session that asks for hundreds of connections at once, so that everybody else's request stands behind all of them.
 * Limits: what is under way shares the processor with everything else. How many may wait is the bound of whoever lets them in.
 */
export class FairTurns {
  readonly #atOnceMax: number;
  readonly #sessions = new Map<string, { running: number; readonly waiting: (() => void)[] }>();

  constructor(atOnceMax: number) {
    this.#atOnceMax = atOnceMax;
  }

  /** Does the work when it is the session's turn. Never holds a turn while a person is asked: that may take minutes. */
  async take<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    const session = this.#sessions.get(sessionId) ?? { running: 0, waiting: [] };
    this.#sessions.set(sessionId, session);
    // Whoever ends hands its turn on, so that nobody who comes in between is faster.
    if (session.running >= this.#atOnceMax) await new Promise<void>((resolve) => session.waiting.push(resolve));
    else session.running += 1;
    try {
      return await work();
    } finally {
      const next = session.waiting.shift();
      if (next !== undefined) next();
      else {
        session.running -= 1;
        if (session.running === 0) this.#sessions.delete(sessionId);
      }
    }
  }
}

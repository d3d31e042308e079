/**
 * Guarantee: the main window has at most `proposalsMax` proposals under way, from the moment it makes them; after a few that were
 * declined it has to wait, longer each time; what needs no question it does a few times a minute at most, and so it brings questions to
 * the front, and proposes what is impossible.
 *
 * Threat: script in the main window that asks until somebody is tired and confirms, or that puts another question in the place of the one
 * that is just being read, over and over, so that none can be answered.
 *
 * Limits: one question too many is a matter of the person's patience. Pure: time comes in with every call, in milliseconds.
 */
import { operatingError } from '#contract/operating-error.ts';

/** Proposals under way at a time. */
const proposalsMax = 4;
/** Declined in a row without a pause: somebody who corrects a grant declines a few of their own. */
const declinedFree = 3;
/** The first pause; each further one is twice as long, up to the longest. */
const pauseMs = 15_000;
const pauseMsMax = 10 * 60_000;
/** Questions brought to the front within `minuteMs`, and starts and the like that nobody has to confirm. */
const shownMax = 6;
const unaskedMax = 12;
/** Proposals within `minuteMs` that turned out impossible: more than anybody mistypes, and each may be on record. */
const impossibleMax = 30;
const minuteMs = 60_000;

/** How fast the main window may ask. */
export class ProposalPace {
  #underWay = 0;
  #declined = 0;
  #quietUntilMs = Number.NEGATIVE_INFINITY;
  readonly #shown = new Lately(shownMax);
  readonly #unasked = new Lately(unaskedMax);
  readonly #impossible = new Lately(impossibleMax);

  /** One more begins; throws `too_many` when it may not. Each that began has to `end`. */
  begin(nowMs: number): void {
    if (nowMs < this.#quietUntilMs) {
      const seconds = Math.ceil((this.#quietUntilMs - nowMs) / 1000);
      throw operatingError('too_many', `The last ${this.#declined} proposals of this window were declined.`, {
        remedy: `It may ask again in ${seconds === 1 ? 'a second' : `${seconds} seconds`}.`,
      });
    }
    if (this.#impossible.isFull(nowMs)) {
      throw operatingError('too_many', `${impossibleMax} proposals of this window failed within a minute.`, {
        remedy: 'Wait a little.',
      });
    }
    if (this.#underWay >= proposalsMax) {
      throw operatingError('too_many', `${proposalsMax} proposals wait already.`, { remedy: 'Answer them first.' });
    }
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
  }

  /** One came to nothing before anybody was asked. */
  failed(nowMs: number): void {
    this.#impossible.count(nowMs);
  }

  /** A person answered one. */
  answered(confirmed: boolean, nowMs: number): void {
    this.#declined = confirmed ? 0 : this.#declined + 1;
    const pauses = this.#declined - declinedFree;
    if (pauses >= 0) this.#quietUntilMs = nowMs + Math.min(pauseMs * 2 ** pauses, pauseMsMax);
  }

  /** Something is about to be done that needs no question; throws `too_many` when it may not. */
  unasked(nowMs: number): void {
    if (this.#unasked.count(nowMs)) return;
    throw operatingError('too_many', `This window started ${unaskedMax} sessions within a minute.`, {
      remedy: 'Wait a little.',
    });
  }

  /** Whether a question may be brought to the front now; counts as done when it may. */
  mayShow(nowMs: number): boolean {
    return this.#shown.count(nowMs);
  }
}

/** So many within a minute. */
class Lately {
  readonly #most: number;
  #atMs: number[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  isFull(nowMs: number): boolean {
    this.#atMs = this.#atMs.filter((at) => nowMs - at < minuteMs);
    return this.#atMs.length >= this.#most;
  }

  count(nowMs: number): boolean {
    if (this.isFull(nowMs)) return false;
    this.#atMs.push(nowMs);
    return true;
  }
}

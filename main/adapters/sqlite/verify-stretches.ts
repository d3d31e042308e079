/**
 * Guarantee: verification over several threads says exactly what going through the log from its first entry to its last says.
 *
 * Threat: a check that became fast and blind. So the same `LogCheck` runs over every stretch, and a stretch only counts when the
 * one before it ended with precisely the entry and the tree this one began with. Whatever else happens (damage, a
 * stretch that cannot be read, a thread that fails), everything from there on is gone through in order by one check.
 *
 * Limits: damage is found at the speed of one thread from the stretch on that has it.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type CheckedStretch, LogCheck } from '../../core/audit/check-log.ts';
import type { VerifyTrust } from '../../core/audit/log.ts';
import type { AuditWorkerData } from './audit-messages.ts';
import { openForVerifying } from './database.ts';
import { StoredEntries } from './stored-entries.ts';
import { verifyEd25519 } from './verify-ed25519.ts';
import { parseTrust } from './verify-trust.ts';

/** Entries of one stretch; a multiple of what a stored node of the tree covers, so that the tree before it is quickly read. */
export const stretchEntries = 65_536;

/** Threads that check at the same time, at most. */
const threadsMax = 8;

/** Nearly everything a thread makes is gone a moment later; without this it would be let lie until there is much of it. */
const youngGenerationMib = 16;

/** To a thread that checks: the number before its first entry, and how many there are. */
export interface StretchRequest {
  readonly after: number;
  readonly entries: number;
  readonly trust: VerifyTrust;
}

/** What was found; nothing when the stretch does not hold or could not be checked. */
export interface StretchAnswer {
  readonly found: CheckedStretch | undefined;
}

/** Checks single stretches, on a handle of its own. */
export class StretchChecker {
  readonly #database;
  readonly #stored;

  constructor(path: string) {
    this.#database = openForVerifying(path);
    this.#stored = new StoredEntries(this.#database);
  }

  check({ after, entries, trust }: StretchRequest): StretchAnswer {
    try {
      const begin = after === 0 ? undefined : this.#stored.beginningAfter(after);
      if (after > 0 && begin === undefined) return { found: undefined };
      const check = new LogCheck(parseTrust(trust), verifyEd25519, begin);
      const through = after + entries;
      while (check.state.seq < through) {
        const { done, damage } = this.#stored.verifyBatch(check, through);
        if (damage !== undefined || (done && check.state.seq < through)) return { found: undefined };
      }
      return { found: check.stretch };
    } catch {
      // Not swallowed: who goes through the log in order comes to the same place and names what is there.
      return { found: undefined };
    }
  }

  close(): void {
    this.#database.close();
  }
}

/** Checks the beginning of a log in stretches, side by side. */
export class StretchVerifier {
  readonly #path: string;
  readonly #workerUrl: URL;
  readonly #entries: number;
  readonly #threads = new Set<Worker>();

  /** `workerUrl` is the audit worker's own file. Stretches are shorter only in tests, and always a multiple of 256. */
  constructor(path: string, workerUrl: URL, entries: number = stretchEntries) {
    this.#path = path;
    this.#workerUrl = workerUrl;
    this.#entries = entries;
  }

  /**
   * Takes `check` as far through the first `entries` entries as whole stretches hold. What comes after, or does not hold, is
   * left to the caller.
   */
  async advance(check: LogCheck, trust: VerifyTrust, entries: number): Promise<void> {
    const stretches = Math.floor(entries / this.#entries);
    const threads = Math.min(availableParallelism(), threadsMax, stretches);
    if (threads < 2) return;
    const answers = Array.from({ length: stretches }, () => Promise.withResolvers<StretchAnswer>());
    let next = 0;
    const start = (): void => {
      const workerData: AuditWorkerData = { role: 'verifier', path: this.#path };
      const worker = new Worker(this.#workerUrl, {
        workerData,
        resourceLimits: { maxYoungGenerationSizeMb: youngGenerationMib },
      });
      this.#threads.add(worker);
      let asked: PromiseWithResolvers<StretchAnswer> | undefined;
      const ask = (): void => {
        asked = answers[next];
        const request: StretchRequest = { after: next * this.#entries, entries: this.#entries, trust };
        if (asked !== undefined) worker.postMessage(request);
        next += 1;
      };
      worker.on('message', (answer: StretchAnswer) => {
        asked?.resolve(answer);
        ask();
      });
      const lost = (): void => {
        asked?.resolve({ found: undefined });
        // Nobody may be left to take what comes after.
        for (; next < stretches; next += 1) answers[next]?.resolve({ found: undefined });
      };
      worker.on('error', lost);
      worker.on('exit', lost);
      ask();
    };
    for (let thread = 0; thread < threads; thread += 1) start();
    try {
      for (const { promise } of answers) {
        const { found } = await promise;
        if (found === undefined || !check.continueWith(found)) return;
      }
    } finally {
      await this.stop();
    }
  }

  /** Ends what still runs. */
  async stop(): Promise<void> {
    const threads = [...this.#threads];
    this.#threads.clear();
    await Promise.all(threads.map((worker) => worker.terminate()));
  }
}

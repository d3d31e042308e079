import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { z } from 'zod';
import { LogVerifier } from '../../../main/adapters/sqlite/log-verifier.ts';
import type { VerifyTrust } from '../../../main/core/audit/log.ts';
import type { DamageCase, Expectation } from './damage-case.ts';

/** Written from the format document alone, in another language; one process for all files. */
const secondVerifier = path.resolve(import.meta.dirname, '../../fixtures/verifier/verify_many.py');
const verdictSchema = z.object({
  ok: z.boolean(),
  entries: z.int(),
  damage: z.object({ seq: z.int(), kind: z.string() }).optional(),
});
type Verdict = z.infer<typeof verdictSchema>;

/** What became of one case. */
export interface Outcome {
  readonly damage: DamageCase;
  readonly expected: Expectation;
  readonly first: Verdict;
  readonly second: Verdict;
  /** Both say the same. */
  readonly agreed: boolean;
  /** Somebody has to look at it: `agreed` is false, or it is not what was expected. */
  readonly why: string | undefined;
}

/** Both verifiers, ready for many files. */
export class Judge {
  readonly #second: ChildProcess;
  readonly #lines: AsyncIterator<string>;
  readonly #reader: Interface;

  constructor() {
    this.#second = spawn('python3', [secondVerifier], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (this.#second.stdout === null) throw new Error('The second verifier has no output.');
    this.#reader = createInterface({ input: this.#second.stdout });
    this.#lines = this.#reader[Symbol.asyncIterator]();
  }

  /** Makes the case at `file`, asks both, and removes the file. */
  async judge(damage: DamageCase, file: string, trust: VerifyTrust): Promise<Outcome> {
    removeLog(file);
    damage.make(file);
    const against = { keys: trust.keys, elsewhere: damage.elsewhere ?? trust.elsewhere };
    const expected = damage.expectedOf?.(file) ?? damage.expected;
    const second = await this.#ask(file, against);
    const { verdict: first, besideHolds } = verify(file, against);
    removeLog(file);
    const agreed = JSON.stringify(first) === JSON.stringify(second);
    const why = !agreed ? 'they differ' : faultOf(damage, expected, first, besideHolds);
    return { damage, expected, first, second, agreed, why };
  }

  async close(): Promise<void> {
    const gone = once(this.#second, 'close');
    this.#second.stdin?.end();
    this.#reader.close();
    await gone;
  }

  async #ask(file: string, { keys, elsewhere }: VerifyTrust): Promise<Verdict> {
    this.#second.stdin?.write(`${JSON.stringify({ path: file, keys, elsewhere })}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error(`The second verifier ended at ${file}.`);
    return verdictSchema.parse(JSON.parse(line.value));
  }
}

function verify(file: string, trust: VerifyTrust): { verdict: Verdict; besideHolds: boolean } {
  const verifier = new LogVerifier(file, trust);
  try {
    for (;;) {
      const result = verifier.step();
      if (result === undefined) continue;
      const { ok, entries, damage, index } = result;
      const named = damage === undefined ? {} : { damage: { seq: damage.seq, kind: damage.kind } };
      return { verdict: { ok, entries, ...named }, besideHolds: index?.ok !== false };
    }
  } finally {
    verifier.close();
  }
}

function faultOf(damage: DamageCase, expected: Expectation, found: Verdict, besideHolds: boolean): string | undefined {
  if (expected === 'holds') {
    if (!found.ok) return 'found where nothing is wrong';
    return damage.besideIsWrong === true && besideHolds ? 'what is beside the log is wrong, and not found' : undefined;
  }
  if (expected === 'agree') return undefined;
  if (found.damage === undefined) return 'not found';
  const same = found.damage.seq === expected.seq && found.damage.kind === expected.kind;
  return same ? undefined : 'found and named otherwise';
}

function removeLog(file: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${file}${suffix}`, { force: true });
}

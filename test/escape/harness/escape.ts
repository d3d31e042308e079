import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import type { GuardName } from '../../../main/core/sandbox/guards.ts';
import { damaged, leaked } from './canaries.ts';
import { openWalls, type Walls, type WallsOptions, type WallsRun } from './walls.ts';

/**
 * One escape test: four parts, each of which fails on its own. Where a mechanism the product promises is missing, a part
 * fails; nothing here is ever skipped.
 */
export interface Escape {
  /** The requirement it proves, in brackets, so that the gate over the requirements finds it: `'[GRT-1]'`. */
  readonly requirement: `[${string}]`;
  /** Guards whose absence turns this test red; `npm run guards` checks the claim. */
  readonly guards?: readonly GuardName[];
  /** What the parts need of the host, before the first of them. */
  prepare?(walls: Walls): Promise<void>;
  /** The same probe where it is allowed, outside or with a grant: it must succeed, else the probe proves nothing. */
  control(walls: Walls): Promise<void>;
  /** The attempt inside, and that it failed as it should. Returns the run. */
  attempt(walls: Walls): Promise<WallsRun>;
  /** Seen from outside: files unchanged, listener untouched, nothing left. Canaries are always looked at besides. */
  observe(walls: Walls, run: WallsRun): Promise<void>;
  /** The record. Absent: what mounts and the kernel hold in silence, see `expectHeldInSilence`. */
  audit?(walls: Walls, run: WallsRun): Promise<void> | void;
}

/** Registers one escape test. Its title ends with the guards it claims: `[GRT-1] name {guard, guard}`. */
export type RegisterEscape = (name: string, attack: Escape) => void;

/** Opens walls for a test file and closes them after it; returns what registers tests that share them. */
export function escapeTests(options: WallsOptions = {}): RegisterEscape {
  let walls: Walls | undefined;
  beforeAll(async () => {
    walls = await openWalls(options);
  });
  afterAll(async () => {
    await walls?.close();
  });
  return (name, attack) => {
    test(title(name, attack), async () => {
      if (walls === undefined) throw new Error('the walls were not opened');
      await runParts(walls, attack);
    });
  };
}

async function runParts(walls: Walls, attack: Escape): Promise<void> {
  await part('preparation', async () => attack.prepare?.(walls));
  await part('control: the probe works where it is allowed', async () => attack.control(walls));
  const run = await part('attempt: it fails inside', async () => attack.attempt(walls));
  await part('observation from outside', async () => {
    await expectCanariesSafe(walls, run);
    await attack.observe(walls, run);
  });
  await part('audit entry', async () =>
    attack.audit === undefined ? expectHeldInSilence(run) : attack.audit(walls, run),
  );
}

function title(name: string, { requirement, guards = [] }: Escape): string {
  return `${requirement} ${name}${guards.length === 0 ? '' : ` {${guards.join(', ')}}`}`;
}

async function part<T>(what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (error instanceof Error) error.message = `${what}: ${error.message}`;
    throw error;
  }
}

async function expectCanariesSafe(walls: Walls, run: WallsRun): Promise<void> {
  const seen = leaked(walls.canaries, run.stdout + run.stderr).map(({ file }) => file);
  expect(seen, 'private files whose content came out').toEqual([]);
  const changed = (await damaged(walls.canaries)).map(({ file }) => file);
  expect(changed, 'private files that were changed').toEqual([]);
}

/** Expects the lines a probe printed, in their order, and says what else it said when they differ. */
export function expectLines(run: WallsRun, lines: readonly string[]): void {
  const said = run.stdout.split('\n').filter((line) => line !== '');
  expect(said, run.stderr.slice(-2000)).toEqual(lines);
}

/**
 * What mounts, namespaces and the seccomp filter refuse has no entry of its own: the kernel answers without asking. The
 * record is then the session's: what held it, that it ran and ended, and that nothing was allowed to it.
 */
export function expectHeldInSilence(run: WallsRun): void {
  const starting = expectSessionRecord(run);
  expect(starting.detail['mounts'], 'the mounts that hold it').toContainEqual(
    expect.objectContaining({ mode: 'read-write', reason: 'workspace' }),
  );
  expect(starting.detail['limits'], 'the limits that hold it').toMatchObject({ processes: expect.any(Number) });
  const allowed = run.events.filter((event) => event.decision === 'allow').map(({ summary }) => summary);
  expect(allowed, 'decisions that allowed something').toEqual([]);
}

/** Expects that a session is on record from beginning to end, and returns its beginning. */
export function expectSessionRecord(run: WallsRun): AuditEvent {
  const kinds = run.events.map(({ kind }) => kind);
  expect(kinds).toEqual(expect.arrayContaining(['session.starting', 'session.started', 'session.ended']));
  expect(kinds.indexOf('session.starting')).toBeLessThan(kinds.indexOf('session.started'));
  const starting = run.events.find((event) => event.kind === 'session.starting');
  if (starting === undefined) throw new Error('the session is not on record');
  return starting;
}

/** Expects a decision that denied `action` for a stated reason, and nothing of it allowed. */
export function expectDenied(run: WallsRun, action: string, reason: string): void {
  const decisions = run.events.filter((event) => event.kind === 'decision' && event.action === action);
  expect(decisions.map(({ decision, reason: why }) => `${decision} ${why}`)).toContain(`deny ${reason}`);
  expect(decisions.filter(({ decision }) => decision === 'allow')).toEqual([]);
}

/** Expects that the start itself was refused, on record, with `words` in the reason, and that no session came of it. */
export function expectRefused(run: WallsRun, words: RegExp): void {
  const refusals = run.events.filter((event) => event.kind === 'session.refused');
  expect(refusals.map((event) => `${event.summary} ${JSON.stringify(event.detail)}`)).toEqual([
    expect.stringMatching(words),
  ]);
  expect(run.sessionId, 'a session came of it').toBeUndefined();
}

import { spawn } from 'node:child_process';
import { open, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../helpers/gatehouse.ts';
import { processesWithArgument } from '../../helpers/processes.ts';
import type { NumberedAttempt, StepRun } from './attempt.ts';
import type { Contestant } from './contestants.ts';
import { openPlantedHost, type PlantedHost, type Target } from './planted-host.ts';

export type Outcome = 'through' | 'blocked' | 'n/a';

/** What became of one attempt with one contestant. */
export interface Judged {
  readonly outcome: Outcome;
  /** Why it could not be tried, or what stood out. */
  readonly note?: string;
  /** The end of what was printed: why it was refused. */
  readonly said: string;
}

/** Only ends what hangs. */
const stepDeadlineMs = 60_000;
/** The same for many in one session. */
const togetherDeadlineMs = 540_000;
/** How long streams are listened to after the end, when somebody still holds them. */
const streamsDeadlineMs = 2000;
const outputCharactersMax = 4 * 1024 * 1024;
const saidCharactersMax = 300;

/** Tries attempts one after the other, each against a host that no earlier one has changed. */
export async function* tryAll(
  attempts: readonly NumberedAttempt[],
  contestant: Contestant,
): AsyncGenerator<readonly [NumberedAttempt, Judged]> {
  let host: PlantedHost | undefined;
  try {
    for (const attempt of attempts) {
      host ??= await openPlantedHost();
      const judged = await tryAt(host, attempt, contestant);
      yield [attempt, judged];
      // What only learnt or spoke to something left the host as it was, and what was blocked did nothing to it.
      if (judged.outcome !== 'through' || attempt.harmless === true) continue;
      await host.close();
      host = undefined;
    }
  } finally {
    await host?.close();
  }
}

/** Tries many attempts in one session, for a quick look: only what does not need a session of its own. */
export async function tryTogether(
  host: PlantedHost,
  attempts: readonly NumberedAttempt[],
  contestant: Contestant,
): Promise<ReadonlyMap<string, Judged>> {
  const tried: (readonly [NumberedAttempt, Target])[] = [];
  const script: string[] = [];
  for (const attempt of attempts) {
    if (attempt.unavailable?.(host) !== undefined) continue;
    const target = await host.target(attempt.id, contestant);
    await attempt.prepare?.(target);
    const steps = attempt.steps(target);
    if (typeof steps !== 'string') throw new Error(`${attempt.id} needs sessions of its own`);
    const [shell = 'sh', file = ''] = await asCommand(target, attempt.id, steps);
    script.push(
      `echo '${beginning(attempt)}'; timeout -s KILL ${stepDeadlineMs / 1000} ${shell} ${file} </dev/null 2>&1`,
    );
    tried.push([attempt, target]);
  }
  await writeFile(path.join(host.workspace, 'steps/all'), `${script.join('\n')}\necho '${beginning()}'\n`);
  const [file, ...args] = await contestant.commandLine(host, ['sh', 'steps/all']);
  const run = await runCommand(file, args, {
    cwd: host.workspace,
    environment: host.environment,
    deadlineMs: togetherDeadlineMs,
  });
  if (!run.stdout.includes(beginning()))
    throw new Error(`the steps did not come to their end: ${run.stderr.slice(-2000)}`);
  const outcomes = new Map<string, Judged>();
  for (const [attempt, target] of tried) {
    const [, rest = ''] = run.stdout.split(`${beginning(attempt)}\n`);
    const output = rest.split('<<attempt ', 1)[0] ?? '';
    const outcome = (await attempt.succeeded(target, { output })) ? 'through' : 'blocked';
    outcomes.set(attempt.id, { outcome, said: endOf(output) });
    await endSurvivors(target);
  }
  return outcomes;
}

/** The line before an attempt's output; without one, the line behind the last. */
function beginning(attempt?: NumberedAttempt): string {
  return `<<attempt ${attempt?.id ?? 'none'}>>`;
}

/** Tries one attempt against a host that may have seen others. */
async function tryAt(host: PlantedHost, attempt: NumberedAttempt, contestant: Contestant): Promise<Judged> {
  if (attempt.onlyFor !== undefined && contestant.name !== attempt.onlyFor && contestant.name !== 'bare') {
    return { outcome: 'n/a', note: 'it has nothing of the kind', said: '' };
  }
  const why = attempt.unavailable?.(host);
  if (why !== undefined) return { outcome: 'n/a', note: why, said: '' };
  const target = await host.target(attempt.id, contestant);
  try {
    await attempt.prepare?.(target);
    const run = await runSteps(target, attempt, contestant);
    return { outcome: (await attempt.succeeded(target, run)) ? 'through' : 'blocked', said: endOf(run.output) };
  } finally {
    await endSurvivors(target);
  }
}

/** The end of an output, as one line. */
export function endOf(output: string): string {
  return output
    .trim()
    .slice(-saidCharactersMax)
    .replaceAll(/[^\x20-\x7e]+/gu, ' ');
}

async function runSteps(target: Target, attempt: NumberedAttempt, contestant: Contestant): Promise<StepRun> {
  const steps = attempt.steps(target);
  let output = '';
  let last: StepRun = { output };
  for (const [at, step] of (typeof steps === 'string' ? [steps] : steps).entries()) {
    const command = typeof step === 'string' ? await asCommand(target, `${attempt.id}-${at}`, step) : step;
    last = await runOne(target, attempt, await contestant.commandLine(target.host, command));
    output += last.output;
  }
  return { ...last, output };
}

async function asCommand(target: Target, name: string, script: string): Promise<readonly string[]> {
  await writeFile(path.join(target.workspace, 'steps', name), script);
  return ['sh', `steps/${name}`];
}

async function runOne(
  target: Target,
  attempt: NumberedAttempt,
  line: readonly [string, ...string[]],
): Promise<StepRun> {
  const terminal = path.join(import.meta.dirname, 'programs/terminal.py');
  const left = attempt.descriptor === true ? await open(target.secret.file) : undefined;
  const [file = '', ...args] = attempt.terminal === true ? ['python3', terminal, ...line] : line;
  const child = spawn(file, args, {
    cwd: target.workspace,
    env: { ...target.host.environment },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...(left === undefined ? [] : [left.fd])],
  });
  const released = path.join(target.workspace, 'steps/released');
  let output = '';
  let during: Promise<boolean> | undefined;
  let failed: unknown;
  const note = (text: string): void => {
    if (output.length < outputCharactersMax) output += text;
    if (during !== undefined || attempt.during === undefined || !output.includes('holding')) return;
    // Whatever it finds, the agent is let go.
    during = attempt.during(target).catch((error: unknown) => {
      failed = error;
      return false;
    });
    if (attempt.killOuter === true) child.kill('SIGKILL');
    else void during.then(() => writeFile(released, ''));
  };
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null);
  for (const stream of streams) stream.setEncoding('latin1').on('data', note);
  // The whole group: a shell that is ended alone leaves behind what it waits for.
  const timer = setTimeout(() => endGroup(child.pid), stepDeadlineMs);
  // Not `close`: a process that survived may keep the streams open, and that is what some attempts are about.
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject).once('close', () => resolve());
    child.once('exit', () => setTimeout(resolve, streamsDeadlineMs).unref());
  });
  await left?.close();
  clearTimeout(timer);
  const found = await during;
  if (failed !== undefined) throw failed;
  await rm(released, { force: true });
  for (const stream of streams) stream.destroy();
  const text = Buffer.from(output, 'latin1').toString('utf8');
  return {
    output: text,
    ...(found === undefined ? {} : { during: found }),
    ...(attempt.terminal === true ? { terminal: JSON.parse(text.trim().split('\n').at(-1) ?? '') } : {}),
  };
}

function endGroup(leader: number | undefined): void {
  try {
    if (leader !== undefined) process.kill(-leader, 'SIGTERM');
  } catch {
    // It ended by itself in between.
  }
}

/** Whatever carries the attempt's mark and still runs. */
async function endSurvivors({ mark }: Target): Promise<void> {
  for (const { pid } of await processesWithArgument(mark)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself in between.
    }
  }
}

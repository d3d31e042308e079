import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { errorDataSchema } from '#contract/errors.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import { smallMemoryVariables, smallMemoryWords } from '../../core/processes/small-memory.ts';
import { prepareFolders, type StatePaths } from './paths.ts';

/** A start that takes longer than this has gone wrong. */
const startTimeoutMs = 30_000;

/** Variables a supervisor starts with; nothing else of the caller's shell reaches it (and so no secret that lies there). */
const passedVariables = [
  'HOME', 'PATH', 'USER', 'LOGNAME', 'LANG', 'TZ', 'TMPDIR', 'GATEHOUSE_HOME',
  'XDG_CONFIG_HOME', 'XDG_STATE_HOME', 'XDG_CACHE_HOME', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS',
  'GATEHOUSE_KEYSTORE', 'CREDENTIALS_DIRECTORY', 'GATEHOUSE_WITNESS',
]; // biome-ignore format: one list

/** Tells the supervisor that the passphrase of its keystore is what its standard input holds. */
export const passphraseArgument = '--passphrase-on-stdin';

/**
 * A crash must not write keys to a disk: no core dumps of the supervisor and of everything it starts. Node has no setrlimit. The
 * limit of one byte holds off programs that take cores as well (see core-dumps.ts); without prlimit, files at least.
 */
const withoutCoreDumps = '{ prlimit --pid $$ --core=1:1 2>/dev/null || ulimit -c 0; } && exec "$0" "$@"';

/** What the supervisor is started with. */
export interface SupervisorStart {
  readonly supervisorPath: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Goes through a pipe: an argument is there for everybody to read, and an environment for whoever is the same user. */
  readonly passphrase?: string | undefined;
}

/**
 * Starts a supervisor, detached from the caller, and waits until it stands.
 * The child answers one line on descriptor 3: `{"ready":true}` or an `ErrorData`. `supervisor_running` means that another
 * one starts or stops at this moment.
 */
export async function startSupervisor(paths: StatePaths, start: SupervisorStart): Promise<'ready' | 'other'> {
  prepareFolders(paths);
  const environment: Record<string, string> = { ...smallMemoryVariables };
  for (const name of passedVariables) {
    const value = start.environment[name];
    if (value !== undefined) environment[name] = value;
  }
  const log = openLog(paths.logFile);
  const { passphrase, supervisorPath } = start;
  // What sessions leave goes early instead of piling up to 100 MB more (measured).
  const words = [process.execPath, '--disable-sigusr1', ...smallMemoryWords(2), supervisorPath];
  if (passphrase !== undefined) words.push(passphraseArgument);
  const child = spawn('/bin/sh', ['-c', withoutCoreDumps, ...words], {
    detached: true,
    cwd: '/',
    env: environment,
    stdio: [passphrase === undefined ? 'ignore' : 'pipe', log, log, 'pipe'],
  });
  child.unref();
  // One that ends before it reads says why on its report.
  child.stdin?.on('error', () => undefined).end(passphrase);
  const report = child.stdio[3];
  if (report === null || report === undefined || !('setEncoding' in report)) throw new Error('no report pipe');
  report.setEncoding('utf8');
  let text = '';
  const timer = setTimeout(() => report.destroy(), startTimeoutMs);
  try {
    for await (const part of report) {
      text += part;
      if (text.includes('\n')) break;
    }
  } catch (error) {
    // Its time was over, and the report was closed on it: told below, as a start that did not come about.
    if (!report.destroyed) throw error;
  } finally {
    clearTimeout(timer);
    report.destroy();
  }
  const answer: unknown = text.includes('\n') ? JSON.parse(text.slice(0, text.indexOf('\n'))) : undefined;
  if (typeof answer === 'object' && answer !== null && 'ready' in answer) return 'ready';
  const data = errorDataSchema.safeParse(answer);
  if (data.success && data.data.code === 'supervisor_running') return 'other';
  if (data.success) throw new GatehouseError(data.data);
  throw operatingError('supervisor_unreachable', 'The supervisor did not start.', {
    why: 'It ended or hung before it was ready.',
    remedy: `Its log says why: ${paths.logFile}`,
  });
}

/** The first file that is opened for writing: a folder that cannot be written shows here. */
function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (cause) {
    throw operatingError('state_unusable', `The log file ${path} cannot be written.`, {
      why: cause instanceof Error ? `${cause.message}.` : undefined,
      remedy: 'Gatehouse’s folder must be writable and have room; `gatehouse doctor` looks at it.',
      cause,
    });
  }
}

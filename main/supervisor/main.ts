import { closeSync, readFileSync, writeSync } from 'node:fs';
import type { ErrorData } from '#contract/errors.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import { prepareFolders, statePaths } from '../adapters/control/paths.ts';
import { passphraseArgument } from '../adapters/control/start-supervisor.ts';
import { takeSupervisorLock } from '../adapters/state/supervisor-lock.ts';
import { openLog } from './rotating-log.ts';
import { shippedFiles } from './shipped-files.ts';
import { startSupervisor } from './supervisor.ts';

/**
 * The supervisor's process. Order matters:
 * 1. files it makes are its owner's alone, and signals that would open a debugger or end it half-way are taken;
 * 2. the lock, so that everything after it has one writer;
 * 3. the passphrase, when whoever started us brought it;
 * 4. the supervisor itself, which answers only when all of it stands;
 * 5. the report to whoever started it, on descriptor 3 when there is one.
 */
async function main(): Promise<void> {
  process.umask(0o077);
  // Node opens an inspector on SIGUSR1 unless somebody listens: a debug port would be a way in.
  process.on('SIGUSR1', () => {});
  process.on('SIGHUP', () => {});
  process.on('SIGPIPE', () => {});
  const paths = statePaths(process.env);
  prepareFolders(paths);
  const lock = takeSupervisorLock(paths.lockFile);
  const log = openLog(paths.logFile);
  const passphrase = process.argv.includes(passphraseArgument) ? readFileSync(0, 'utf8') : undefined;
  const shipped = shippedFiles(import.meta.dirname);
  const supervisor = await startSupervisor({ paths, shipped, passphrase, log });
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => void supervisor.stop(`it received ${signal}`));
  }
  report({ ready: true });
  const failure = await supervisor.ended;
  lock.release();
  if (failure !== undefined) log.error({ failure }, 'the supervisor ends');
  process.exit(failure === undefined ? 0 : 1);
}

function report(answer: { ready: true } | ErrorData): void {
  try {
    writeSync(3, `${JSON.stringify(answer)}\n`);
    closeSync(3);
  } catch {
    // Started by hand: nobody holds descriptor 3, and the log or standard error says the same.
  }
}

function reportFailure(error: unknown): never {
  const data: ErrorData =
    error instanceof GatehouseError
      ? error.data
      : { code: 'state_unusable', what: 'The supervisor met a bug while it started.', why: String(error) };
  report(data);
  process.stderr.write(
    `${JSON.stringify({ level: 60, time: new Date().toISOString(), msg: 'start failed', ...data })}\n`,
  );
  process.exit(1);
}

process.on('uncaughtException', (error) => {
  // A bug: nothing can be trusted to be whole. Ending fails closed, since every session ends with this process.
  process.stderr.write(
    `${JSON.stringify({ level: 60, time: new Date().toISOString(), msg: 'a bug', error: error.stack })}\n`,
  );
  process.exit(70);
});
main().catch(reportFailure);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { distFolder } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import type { TempHome } from '../../helpers/temp-home.ts';

/** What a supervisor that was started by hand said, and its process id; it is stopped with its `TempHome`. */
export interface StartedSupervisor {
  readonly pid: number;
  /** `{"ready":true}`, or the error it ended with. */
  readonly answer: { readonly ready?: boolean; readonly code?: string; readonly what?: string; readonly why?: string };
}

/** How a supervisor is started otherwise than by the CLI. */
export interface StartOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Put before the node program, e.g. `prlimit` and its arguments. */
  readonly before?: readonly string[];
  readonly node?: readonly string[];
}

/** Starts the supervisor of a home with what the CLI would not pass, and waits for its report; a former one may still be closing. */
export async function startSupervisor(home: TempHome, options: StartOptions = {}): Promise<StartedSupervisor> {
  return eventually(
    async () => {
      const started = await startOnce(home, options);
      return started.answer.code !== 'supervisor_running' && started;
    },
    { what: 'the lock of the supervisor to be free' },
  );
}

/** Starts it once, whatever it answers. */
export async function startOnce(home: TempHome, options: StartOptions): Promise<StartedSupervisor> {
  const log = openSync(path.join(home.folder, 'supervisor-output'), 'a', 0o600);
  const [file = '', ...args] = [
    ...(options.before ?? []),
    process.execPath,
    ...(options.node ?? []),
    path.join(distFolder, 'supervisor.js'),
  ];
  const child = spawn(file, args, {
    cwd: '/',
    detached: true,
    env: { ...home.environment, ...options.environment },
    stdio: ['ignore', log, log, 'pipe'],
  });
  closeSync(log);
  child.unref();
  const report = child.stdio[3] as Readable;
  let text = '';
  report.setEncoding('utf8').on('data', (part: string) => {
    text += part;
    if (text.includes('\n')) report.destroy();
  });
  await once(report, 'close');
  return { pid: child.pid ?? 0, answer: JSON.parse(text === '' ? '{}' : text) as StartedSupervisor['answer'] };
}

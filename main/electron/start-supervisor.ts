import { spawn } from 'node:child_process';
import { operatingError } from '#contract/operating-error.ts';
import type { Programs } from './programs.ts';

const errorCharactersMax = 4000;

/**
 * Has the command line start a supervisor, and waits until it stands. Not started from here: whatever descriptors this process was given,
 * or Chromium opened, it would inherit and hold; Node closes those of its own children.
 */
export async function startSupervisor(programs: Programs): Promise<void> {
  const child = spawn(programs.node, [programs.commandLine, 'supervisor', 'start'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    cwd: '/',
  });
  let said = '';
  child.stderr.setEncoding('utf8');
  child.stderr.on('data', (part: string) => {
    said = (said + part).slice(-errorCharactersMax);
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (status === 0) return;
  throw operatingError('supervisor_unreachable', 'The supervisor did not start.', {
    why: said.trim() === '' ? undefined : said.trim(),
    remedy: '`gatehouse doctor` in a terminal tells what is missing.',
  });
}

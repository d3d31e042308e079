import path from 'node:path';
import { expect } from 'vitest';
import { openTerminal } from '../../helpers/agents/terminal.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import { escapeTests, expectSessionRecord } from '../harness/escape.ts';
import type { Walls, WallsRun } from '../harness/walls.ts';
import { placeKernelProbe } from './place.ts';

const escapeTest = escapeTests();

const inject = '0x5412';
const linux = '0x541c';
/** The kernel takes the low half of a request. */
const injectHigh = '0x100005412';
const setDiscipline = '0x5423';

/** A person's shell in a terminal of its own. Says afterwards whether anything was typed into it. */
async function inTerminal(walls: Walls, command: string): Promise<string> {
  const script = `tty; ${command}; if read -r -t 0; then echo "TYPED INTO"; else echo "NOTHING TYPED"; fi; echo "DONE"`;
  const terminal = openTerminal({
    command: 'bash',
    args: ['--norc', '-c', script],
    cwd: walls.workspace,
    environment: walls.environment,
  });
  try {
    await terminal.exited;
    return terminal.text().replaceAll('\r', '');
  } finally {
    terminal.kill();
  }
}

/** The same, with a session in the terminal. */
async function sessionInTerminal(walls: Walls, script: string): Promise<WallsRun> {
  const before = (await walls.events()).at(-1)?.seq ?? 0;
  const cli = [process.execPath, path.join(distFolder, 'gatehouse.js')].map((part) => `'${part}'`).join(' ');
  const stdout = await inTerminal(walls, `${cli} run -- sh -c '${script}'`);
  const events = (await walls.events()).filter(({ seq }) => seq > before);
  const sessionId = events.find(({ kind }) => kind === 'session.starting')?.session;
  return { status: 0, stdout, stderr: '', events, sessionId };
}

escapeTest('keys typed into the caller’s terminal', {
  requirement: '[GRT-1]',
  guards: ['seccomp'],
  async prepare(walls) {
    await placeKernelProbe(walls);
    await walls.run('true');
  },
  async control(walls) {
    // Newer kernels refuse the first to everybody (EIO), and a terminal without a console does not know the second.
    const said = await inTerminal(walls, `./probe-kernel ioctl /dev/tty ${inject}; ./probe-kernel ioctl - ${linux}`);
    expect(said).toMatch(/ioctl: (?:OK|EIO)\nioctl: (?:OK|ENOTTY|EINVAL)$/mu);
    expect(said).toContain(said.includes('ioctl: EIO') ? 'NOTHING TYPED\nDONE' : 'TYPED INTO\nDONE');
  },
  async attempt(walls) {
    const requests = [inject, injectHigh, linux, setDiscipline];
    const run = await sessionInTerminal(
      walls,
      requests
        .flatMap((request) => [`./probe-kernel ioctl /dev/tty ${request}`, `./probe-kernel ioctl - ${request}`])
        .join('; '),
    );
    const answers = run.stdout.split('\n').filter((line) => line.startsWith('ioctl: '));
    expect(answers, run.stdout).toEqual(Array<string>(requests.length * 2).fill('ioctl: EPERM'));
    return run;
  },
  async observe(_walls, run) {
    expect(run.stdout).toContain('NOTHING TYPED\nDONE');
  },
  audit(_walls, run) {
    expect(expectSessionRecord(run).detail['terminal']).toBe(true);
  },
});

escapeTest('the terminal inside is the session’s own, never the caller’s', {
  requirement: '[GRT-1]',
  guards: ['own-terminal'],
  async prepare(walls) {
    await placeKernelProbe(walls);
    await walls.run('true');
  },
  async control(walls) {
    const said = await inTerminal(walls, './probe-kernel terminal; ./probe open-write "$(tty)"');
    expect(said).toContain('terminal: mine, session inside\nopen-write: OK');
  },
  async attempt(walls) {
    const run = await sessionInTerminal(
      walls,
      './probe-kernel terminal; ls /dev/pts; for file in /dev/console /dev/tty0 /dev/tty1 /dev/vcs /dev/ttyS0; do ./probe open-write $file; done',
    );
    expect(run.stdout).toContain('terminal: mine, session inside');
    expect(run.stdout.split('\n').filter((line) => line.startsWith('open-write'))).toEqual(
      Array<string>(5).fill('open-write: ENOENT'),
    );
    return run;
  },
  async observe(_walls, run) {
    const name = /^\/dev\/pts\/\d+$/mu.exec(run.stdout)?.[0];
    expect(name, run.stdout).toBeDefined();
    expect(run.stdout).toContain('NOTHING TYPED\nDONE');
  },
  audit(_walls, run) {
    expect(expectSessionRecord(run).detail['terminal']).toBe(true);
  },
});

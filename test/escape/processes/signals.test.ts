import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { eventually } from '../../helpers/poll.ts';
import { escapeTests, expectLines } from '../harness/escape.ts';
import { placeKernelProbe } from '../kernel/place.ts';

const escapeTest = escapeTests();

/** SIGURG: ignored by whoever does not ask for it, so that a hole in the walls harms nobody. */
const urgent = 23;
const ended: (() => void)[] = [];
afterAll(() => {
  for (const end of ended) end();
});

/** A process of the same user that writes a line for each SIGURG it gets. */
async function startVictim(folder: string): Promise<{ pid: number; hits(): Promise<number> }> {
  const file = path.join(folder, `hits-${ended.length}`);
  const script = `trap 'echo hit >> "$1"' URG; : > "$1"; echo ready; while :; do sleep 0.05; done`;
  const child = spawn('bash', ['-c', script, 'victim', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  ended.push(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  if (child.pid === undefined) throw new Error('the victim did not start');
  return {
    pid: child.pid,
    hits: async () => (await readFile(file, 'utf8')).split('\n').filter((line) => line === 'hit').length,
  };
}

let victim: Awaited<ReturnType<typeof startVictim>>;
let others: number[];

escapeTest('signals to processes of the host', {
  requirement: '[GRT-1]',
  guards: ['pid-namespace'],
  async prepare(walls) {
    victim = await startVictim(walls.folder);
    await walls.run('true');
    const supervisor = await walls.supervisorPid();
    others = [victim.pid, process.pid, process.ppid, supervisor];
  },
  async control(walls) {
    expectLines(await walls.outside(`./probe kill ${victim.pid} ${urgent}`), ['kill: OK']);
    await eventually(async () => (await victim.hits()) === 1, { what: 'the signal to arrive' });
  },
  async attempt(walls) {
    const run = await walls.run(
      `${others.map((pid) => `./probe kill ${pid} 0; ./probe kill -${pid} 0`).join('\n')}
       ./probe kill -1 ${urgent} >/dev/null
       for pid in ${others.join(' ')}; do ls -d /proc/$pid; done 2>/dev/null
       echo end`,
    );
    expectLines(run, [...others.flatMap(() => ['kill: ESRCH', 'kill: ESRCH']), 'end']);
    return run;
  },
  async observe(walls) {
    expect(await victim.hits(), 'signals that arrived').toBe(1);
    expectLines(await walls.outside(`./probe kill ${victim.pid} ${urgent}`), ['kill: OK']);
    await eventually(async () => (await victim.hits()) === 2, { what: 'the victim to be alive' });
    expect((await walls.run('echo served')).stdout).toBe('served\n');
  },
});

/** What /proc tells of a process to those who may look into it. */
const views = ['environ', 'mem', 'maps', 'auxv', 'fd', 'cwd', 'root', 'exe', 'map_files', 'task/@/fd', 'stack'];

escapeTest('environment, memory and descriptors of the helpers inside', {
  requirement: '[GRT-1]',
  prepare: placeKernelProbe,
  async control(walls) {
    const own = 'environ maps auxv fd cwd root exe'.split(' ').map((view) => `./probe open-read /proc/self/${view}`);
    const run = await walls.run(`${own.join('\n')}\n./probe-kernel trace 0`);
    expectLines(run, [...own.map(() => 'open-read: OK'), 'trace: OK']);
    expectLines(await walls.outside('./probe-kernel vm-child; ./probe-kernel getfd-child'), [
      'vm-child: OK',
      'getfd-child: OK',
    ]);
  },
  async attempt(walls) {
    const run = await walls.run(`for pid in 1 2; do
        for view in ${views.join(' ')}; do ./probe open-read "/proc/$pid/$(echo $view | sed "s/@/$pid/")"; done
        ./probe-kernel trace $pid
      done
      cat /proc/1/comm /proc/2/comm
      ./probe-kernel vm-child; ./probe-kernel getfd-child`);
    const answers = run.stdout.trim().split('\n');
    const looks = answers.slice(0, 2 * (views.length + 1));
    for (const answer of looks) expect(answer).toMatch(/^(?:open-read: (?:EACCES|EPERM|ENOENT)|trace: EPERM)$/u);
    expect(looks.filter((answer) => answer === 'open-read: ENOENT').length, 'views this kernel lacks').toBeLessThan(4);
    const [init, relay, ...theirs] = answers.slice(looks.length);
    expect(init).toMatch(/^(?:portcullis|gatehouse-init)$/u);
    expect(relay).toBe('gatehouse-relay');
    // Not even of a process that may be traced: nothing inside needs these calls.
    expect(theirs).toEqual(['vm-child: EPERM', 'getfd-child: EPERM']);
    return run;
  },
  async observe() {},
});

escapeTest('ending init or the relay from inside ends the session, not the walls', {
  requirement: '[RUN-3]',
  async control(walls) {
    expect((await walls.run('sleep 100 & kill -9 $!; wait; echo alive')).stdout).toBe('alive\n');
  },
  async attempt(walls) {
    // Process 1 of a namespace gets no signal from within; the relay may be ended, and then nothing leads out.
    // The last only where it is known to reach nobody else, whichever guard is off.
    const run = await walls.run(
      'kill -STOP 1; kill -9 1; kill -9 2; grep -qsx portcullis /proc/1/comm && kill -9 -1; echo alive',
    );
    expect(run.stdout).toBe('alive\n');
    return run;
  },
  async observe(walls) {
    expect((await walls.run('echo served')).stdout).toBe('served\n');
  },
});

import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { distFolder } from '../../helpers/gatehouse.ts';
import { escapeTests, expectHeldInSilence, expectLines, expectSessionRecord } from '../harness/escape.ts';
import { expectNoInhabitants, findInhabitants } from '../harness/survivors.ts';
import { placeKernelProbe } from '../kernel/place.ts';

const escapeTest = escapeTests();

/** Seconds after which the probe gives up by itself, should nothing else end it. */
const bombSecondsMax = 60;
/** Helpers of a session, and those of the one that is served meanwhile. */
const helpersMax = 40;

let most: number;
escapeTest('a fork bomb', {
  requirement: '[RUN-4]',
  prepare: placeKernelProbe,
  async control(walls) {
    const script = 'for i in 1 2 3 4 5 6 7 8 9 10; do sleep 0.01 & done; wait; echo all ran';
    expectLines(await walls.run(script, { options: ['--limit', 'processes=64'] }), ['all ran']);
  },
  async attempt(walls) {
    const ongoing = walls.start(`./probe-kernel bomb ${bombSecondsMax}`, { options: ['--limit', 'processes=64'] });
    await ongoing.said('bomb: EAGAIN');
    most = (await findInhabitants(walls.folder)).length;
    // The machine and the supervisor have the rest: another session is served while it goes on.
    expect((await walls.run('for i in 1 2 3; do sh -c "echo served"; done')).stdout).toBe('served\nserved\nserved\n');
    most = Math.max(most, (await findInhabitants(walls.folder)).length);
    expect(ongoing.child.exitCode, 'the bomb still goes on').toBeNull();
    await walls.outside([process.execPath, path.join(distFolder, 'gatehouse.js'), 'kill', '--all']);
    return await ongoing.ended;
  },
  async observe(walls) {
    expect(most).toBeGreaterThan(16);
    expect(most).toBeLessThanOrEqual(64 + helpersMax);
    await expectNoInhabitants(walls.folder);
  },
  audit(_walls, run) {
    expect(expectSessionRecord(run).detail['limits']).toMatchObject({ processes: 64 });
  },
});

escapeTest('descriptors without end', {
  requirement: '[RUN-4]',
  prepare: placeKernelProbe,
  async control(walls) {
    const { stdout } = await walls.run('./probe-kernel exhaust /dev/null', { options: ['--limit', 'files=512'] });
    expect(stdout).toMatch(/^exhaust: 50[0-9] EMFILE\n$/u);
  },
  async attempt(walls) {
    const run = await walls.run(
      'ulimit -n 100000 2>/dev/null; ulimit -Hn 100000 2>/dev/null; ./probe-kernel exhaust /dev/null',
      { options: ['--limit', 'files=64'] },
    );
    expect(run.stdout).toMatch(/^exhaust: (?:5[5-9]|6[0-4]) EMFILE\n$/u);
    return run;
  },
  async observe() {
    expect((await readdir('/proc/self/fd')).length).toBeGreaterThan(3);
  },
  audit: (_walls, run) => expectHeldInSilence(run),
});

escapeTest('memory without end, in processes and in files', {
  requirement: '[RUN-4]',
  prepare: placeKernelProbe,
  async control(walls) {
    const run = await walls.run('./probe-kernel memory 32; head -c 8M /dev/zero > /tmp/some && echo wrote', {
      options: ['--limit', 'memory=128M'],
    });
    expectLines(run, ['memory: OK', 'wrote']);
  },
  async attempt(walls) {
    const run = await walls.run(
      `./probe-kernel memory 512; ./probe-kernel memory 16
       for place in /tmp /var/tmp /dev/shm /run; do head -c 300M /dev/zero > $place/much 2>/dev/null && echo "$place took it"; rm -f $place/much; done
       ulimit -d unlimited 2>/dev/null; ./probe-kernel memory 512`,
      { options: ['--limit', 'memory=128M'] },
    );
    expectLines(run, ['memory: ENOMEM', 'memory: OK', 'memory: ENOMEM']);
    return run;
  },
  async observe(walls) {
    expect((await walls.run('echo served')).stdout).toBe('served\n');
  },
  audit: (_walls, run) => expectHeldInSilence(run),
});

escapeTest('output and time without end', {
  requirement: '[RUN-4]',
  async control(walls) {
    const run = await walls.run('yes | head -c 10000', { options: ['--limit', 'output=1M', '--limit', 'time=60s'] });
    expect([run.status, run.stdout.length]).toEqual([0, 10_000]);
  },
  async attempt(walls) {
    const late = await walls.run('trap "" TERM INT HUP; (setsid sleep 7777 &); sleep 7777', {
      options: ['--limit', 'time=1s'],
    });
    expect(late.status).not.toBe(0);
    expect(late.events.filter(({ kind }) => kind === 'limit.reached')).toHaveLength(1);
    const run = await walls.run('yes', { options: ['--limit', 'output=1M'] });
    expect(run.status).not.toBe(0);
    return run;
  },
  async observe(walls, run) {
    // What was on its way when the limit was reached may still come.
    expect(run.stdout.length).toBeLessThan(8 * 1024 * 1024);
    await expectNoInhabitants(walls.folder);
  },
  audit(_walls, run) {
    expect(run.events.filter(({ kind }) => kind === 'limit.reached')).toHaveLength(1);
    expectSessionRecord(run);
  },
});

escapeTest('processor time taken by many processes, of which none takes much', {
  requirement: '[RUN-4]',
  async control(walls) {
    const run = await walls.run('sleep 2; echo rested', { options: ['--limit', 'cpu=30s'] });
    expectLines(run, ['rested']);
  },
  async attempt(walls) {
    // Each ends after a little, and its parent waits for it; only the sum is over the limit.
    const busy =
      'end=$((SECONDS + 60)); while [ $SECONDS -lt $end ]; do for i in 1 2 3 4; do ( n=0; while [ $n -lt 20000 ]; do n=$((n + 1)); done ) & done; wait; done';
    const run = await walls.run(['bash', '-c', busy], { options: ['--limit', 'cpu=2s'] });
    expect(run.status).toBe(143);
    return run;
  },
  async observe(walls) {
    await expectNoInhabitants(walls.folder);
  },
  audit(_walls, run) {
    expectSessionRecord(run);
    expect(run.events.find((event) => event.kind === 'limit.reached')?.detail).toMatchObject({ limit: 'cpu_time' });
    expect(run.events.find((event) => event.kind === 'session.ended')?.detail).toMatchObject({ reason: 'cpu_time' });
  },
});

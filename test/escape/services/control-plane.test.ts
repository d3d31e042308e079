import { readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { distFolder } from '../../helpers/gatehouse.ts';
import { descendantsOf, isRunning } from '../../helpers/processes.ts';
import { escapeTests, expectLines } from '../harness/escape.ts';
import { findInhabitants } from '../harness/survivors.ts';
import type { Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

/** Gatehouse's own places, below its home. */
const ownPlaces = [
  '',
  'run',
  'run/control.sock',
  'run/stream.sock',
  'state',
  'state/audit.db',
  'state/state.db',
  'state/homes',
  'config',
];

escapeTest('Gatehouse’s own state does not exist inside', {
  requirement: '[GRT-1]',
  guards: ['private-tmp'],
  async control(walls) {
    await walls.run('true');
    const run = await walls.outside(statAll(walls, ownPlaces));
    expectLines(
      run,
      ownPlaces.map(() => 'stat: OK'),
    );
  },
  async attempt(walls) {
    const run = await walls.run(statAll(walls, ownPlaces));
    expectLines(
      run,
      ownPlaces.map(() => 'stat: ENOENT'),
    );
    return run;
  },
  async observe(walls) {
    for (const place of ['', 'run', 'state', 'config']) {
      expect((await stat(path.join(walls.state, place))).mode & 0o077, place).toBe(0);
    }
  },
});

escapeTest('the control and stream sockets', {
  requirement: '[GRT-1]',
  guards: ['private-tmp'],
  async control(walls) {
    await walls.run('true');
    expectLines(await walls.outside(connectAll(walls)), ['connect-unix: OK', 'connect-unix: OK']);
  },
  async attempt(walls) {
    const run = await walls.run(connectAll(walls));
    expectLines(run, ['connect-unix: ENOENT', 'connect-unix: ENOENT']);
    return run;
  },
  async observe(walls) {
    expect(await walls.cli(['supervisor', 'status'])).toMatchObject({ status: 0 });
  },
});

escapeTest('the CLI run inside finds no supervisor and starts none', {
  requirement: '[GRT-1]',
  guards: ['private-tmp'],
  async control(walls) {
    await walls.run('true');
    const run = await walls.outside(askAll(walls));
    expect(run.stdout.split('\n').filter((line) => line.startsWith('status '))).toEqual([
      'status 0',
      'status 0',
      'status 0',
    ]);
  },
  async attempt(walls) {
    const run = await walls.run(askAll(walls), { grants: programGrants });
    const statuses = run.stdout.split('\n').filter((line) => line.startsWith('status '));
    expect(statuses).toHaveLength(3);
    expect(statuses).not.toContain('status 0');
    expect(run.stdout).not.toContain('widened');
    return run;
  },
  async observe(walls) {
    const tasks = await walls.cli(['task', 'list', '--json']);
    expect(tasks.stdout.match(/widened/gu) ?? []).toHaveLength(1);
  },
});

escapeTest('another session’s way out, by its socket and by its folder', {
  requirement: '[GRT-1]',
  guards: ['private-tmp'],
  async control(walls) {
    const other = walls.start('echo there; read go');
    await other.said('there');
    const [socket = ''] = await egressSockets(walls);
    expectLines(await walls.outside(`./probe connect-unix ${socket} x`), ['connect-unix: OK']);
    other.child.stdin?.end('go\n');
    await other.ended;
  },
  async attempt(walls) {
    const other = walls.start('echo there; read go');
    await other.said('there');
    const [socket = ''] = await egressSockets(walls);
    const run = await walls.run(
      `./probe connect-unix ${socket} x; ./probe list ${path.dirname(path.dirname(socket))}; ./probe list /run/gatehouse; ./probe create /run/gatehouse/x; ./probe unlink /run/gatehouse/egress.sock; ./probe rename /run/gatehouse/egress.sock /run/gatehouse/y`,
    );
    other.child.stdin?.end('go\n');
    await other.ended;
    expectLines(run, [
      'connect-unix: ENOENT',
      'list: ENOENT',
      // Its own sockets, and what it asks for other sessions with.
      expect.stringMatching(/^list: OK(?: (?:egress\.sock|nested\.sock|node|product)){4}$/u),
      'create: EROFS',
      expect.stringMatching(/^unlink: E(?:BUSY|ROFS)$/u),
      expect.stringMatching(/^rename: E(?:BUSY|ROFS)$/u),
    ] as string[]);
    return run;
  },
  async observe() {},
});

escapeTest('portcullis: neither its file nor the running one can be changed', {
  requirement: '[GRT-1]',
  async control(walls) {
    expectLines(await walls.outside(`./probe stat ${distFolder}/portcullis; ./probe open-read /proc/$$/exe`), [
      'stat: OK',
      'open-read: OK',
    ]);
  },
  async attempt(walls) {
    const run = await walls.run(
      `./probe open-write ${distFolder}/portcullis; ./probe open-write /proc/1/exe; ./probe opath-reopen /proc/1/exe X; ./probe mmap-write /proc/1/exe; ./probe open-write /proc/1/mem`,
    );
    const [file, ...running] = run.stdout.trimEnd().split('\n');
    expect(file).toBe('open-write: ENOENT');
    for (const line of running) expect(line).toMatch(/: E(?:ACCES|PERM|ROFS)$/u);
    return run;
  },
  async observe() {
    expect((await readFile(path.join(distFolder, 'portcullis'))).subarray(0, 4).toString('latin1')).toBe('\x7fELF');
  },
});

escapeTest('signals to the supervisor, the egress worker and the holders of the walls', {
  requirement: '[RUN-3]',
  guards: ['pid-namespace'],
  async control(walls) {
    await walls.run('true');
    const supervisor = await walls.supervisorPid();
    expectLines(await walls.outside(`./probe kill ${supervisor} 0`), ['kill: OK']);
  },
  async attempt(walls) {
    const going = walls.start('echo there; read go');
    await going.said('there');
    const pids = await ownPids(walls);
    expect(pids.length).toBeGreaterThan(2);
    const run = await walls.run(
      pids.flatMap((pid) => [`./probe kill ${pid} 0`, `./probe stat /proc/${pid}`]).join('\n'),
    );
    expectLines(
      run,
      pids.flatMap(() => ['kill: ESRCH', 'stat: ENOENT']),
    );
    // Everything the session may signal, it does: only it ends.
    const suicide = await walls.run('kill -9 -1; kill -9 1; kill -9 0');
    expect(suicide.status).not.toBe(0);
    for (const pid of pids) expect(await isRunning(pid), `process ${pid}`).toBe(true);
    going.child.stdin?.end('go\n');
    expect(await going.ended).toMatchObject({ status: 0 });
    return run;
  },
  async observe(walls) {
    expect(await walls.cli(['supervisor', 'status'])).toMatchObject({ status: 0 });
  },
});

function statAll(walls: Walls, places: readonly string[]): string {
  return places.map((place) => `./probe stat ${path.join(walls.state, place)}`).join('\n');
}

function connectAll(walls: Walls): string {
  return ['control', 'stream'].map((name) => `./probe connect-unix ${walls.state}/run/${name}.sock x`).join('\n');
}

/** The program itself may be granted to read; that must not help. */
const programGrants = [`file.read:${distFolder}`, `file.read:${path.dirname(process.execPath)}`];

function askAll(walls: Walls): string {
  // Without the variables that tell the CLI it is inside: whoever attempts this leaves them out.
  const cli = `env -i PATH="$PATH" HOME="$HOME" GATEHOUSE_HOME=${walls.state} ${process.execPath} ${walls.cliPath}`;
  return ['sessions', 'log', 'task new widened'].map((command) => `${cli} ${command} >&2; echo status $?`).join('\n');
}

async function egressSockets(walls: Walls): Promise<string[]> {
  const sessions = path.join(walls.state, 'run/s');
  return (await readdir(sessions)).map((id) => path.join(sessions, id, 'egress.sock'));
}

/** The supervisor, its children, and every helper outside that holds a session's walls. */
async function ownPids(walls: Walls): Promise<number[]> {
  const supervisor = await walls.supervisorPid();
  const inhabitants = await findInhabitants(walls.workspace);
  return [...new Set([supervisor, ...(await descendantsOf(supervisor)).map(({ pid }) => pid), ...inhabitants])];
}

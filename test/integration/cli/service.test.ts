import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Mechanism } from '#contract/doctor.ts';
import { parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { isRunning } from '../../helpers/processes.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

let home: TempHome;
beforeAll(async () => {
  home = await openTempHome();
});
afterAll(() => home.close());

const mechanisms = (text: string) => parseJsonLines(text) as Mechanism[];

describe('[PLT] doctor', () => {
  test('works without a supervisor and starts none', async () => {
    const finished = await home.run(['doctor', '--json']);
    expect(finished).toMatchObject({ status: 0, stderr: '' });
    expect(mechanisms(finished.stdout).map(({ id }) => id)).toEqual(
      expect.arrayContaining(['node', 'state', 'bubblewrap']),
    );
    expect((await home.run(['supervisor', 'status'])).status).toBe(1);
  });

  test('works where no supervisor can start, and says why', async () => {
    const environment = { ...home.environment, GATEHOUSE_HOME: 'relative' };
    const finished = await home.run(['doctor'], { environment });
    expect(finished.status).toBe(1);
    expect(finished.stdout).toMatch(/✗ missing {3}State folder: .*absolute/u);
    expect((await home.run(['sessions'], { environment })).status).toBe(125);
  });

  test('agrees with the running supervisor', async () => {
    const without = mechanisms((await home.run(['doctor', '--json'])).stdout);
    await home.run(['supervisor', 'start']);
    const within = new Map(
      mechanisms((await home.run(['doctor', '--json'])).stdout).map((found) => [found.id, found.state]),
    );
    within.set('supervisor', 'unused');
    for (const { id, state } of without) expect([id, within.get(id)]).toEqual([id, state]);
  });
});

describe('[RUN-6] the supervisor', () => {
  test('is started once, told about, refused to stop under a session, and stopped', async () => {
    await home.run(['supervisor', 'start']);
    const first = JSON.parse((await home.run(['supervisor', 'status', '--json'])).stdout) as {
      pid: number;
      running: boolean;
    };
    expect(first.running).toBe(true);
    const again = JSON.parse((await home.run(['supervisor', 'start', '--json'])).stdout) as { pid: number };
    expect(again.pid).toBe(first.pid);

    const child = startGatehouse(['run', '--', 'sleep', '1000'], {
      cwd: home.workspace,
      environment: home.environment,
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    await eventually(async () => (await home.run(['sessions', '--json'])).stdout.includes('"running"'), {
      what: 'a session',
    });
    const refused = await home.run(['supervisor', 'stop']);
    expect(refused.status).not.toBe(0);
    expect(refused.stderr).toMatch(/^gatehouse: .*--force/u);

    expect(await home.run(['supervisor', 'stop', '--force'])).toMatchObject({
      status: 0,
      stdout: 'The supervisor has stopped.\n',
    });
    expect(await ended).not.toBe(0);
    expect(await isRunning(first.pid)).toBe(false);
    expect(await home.run(['supervisor', 'stop'])).toMatchObject({ status: 0, stdout: 'No supervisor was running.\n' });
  });

  test('commands that come all at once share one', async () => {
    const answers = await Promise.all(Array.from({ length: 4 }, () => home.run(['supervisor', 'start', '--json'])));
    const pids = new Set(answers.map(({ stdout }) => (JSON.parse(stdout) as { pid: number }).pid));
    expect(pids.size).toBe(1);
  });
});

describe('[GRT-5] policy', () => {
  test('the built-in rules hold, and so do their examples', async () => {
    expect(await home.run(['policy', 'check'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^✓ \d+ rules in \d+ files? hold/u),
    });
    expect(await home.run(['policy', 'test'])).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(/^✓ \d+ examples passed/u),
    });
  });

  test('[GRT-6] a repository that permits, and a rule that is none, are named with their place', async () => {
    const folder = path.join(home.workspace, '.gatehouse');
    await mkdir(folder);
    await writeFile(path.join(folder, 'policy.cedar'), '\n\npermit (principal, action, resource);\n');
    const permits = await home.run(['policy', 'check', '.gatehouse/policy.cedar']);
    expect(permits).toMatchObject({ status: 1, stdout: expect.stringContaining('repository/policy.cedar:3') });
    await writeFile(path.join(home.workspace, 'mine.cedar'), 'forbid (principal');
    expect((await home.run(['policy', 'check', 'mine.cedar'])).status).toBe(1);
    expect((await home.run(['policy', 'check', 'not-there.cedar'])).status).toBe(125);
  });
});

describe('first steps', () => {
  test('start tells everything without a terminal, and asks nothing', async () => {
    const finished = await home.run(['start']);
    expect(finished).toMatchObject({ status: 0, stderr: '' });
    for (const part of [
      'This machine',
      'The supervisor',
      'Agents on this machine',
      'gatehouse demo',
      'gatehouse log',
    ]) {
      expect(finished.stdout).toContain(part);
    }
    expect(finished.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  test('[GRT-1] the demo: the agent works, and everything that must hold holds', async () => {
    const before = await demoFolders();
    const finished = await home.run(['demo']);
    expect(finished.stdout).not.toContain('not held');
    expect(finished).toMatchObject({ status: 0, stderr: '' });
    expect(finished.stdout).toContain('All of it held.');
    const told = JSON.parse((await home.run(['demo', '--json'])).stdout) as {
      ok: boolean;
      checks: { held: boolean }[];
    };
    expect(told.ok).toBe(true);
    expect(told.checks.length).toBeGreaterThanOrEqual(8);
    expect((await demoFolders()).filter((name) => !before.includes(name))).toEqual([]);
  });
});

async function demoFolders(): Promise<string[]> {
  return (await readdir(tmpdir())).filter((name) => name.startsWith('gatehouse-demo-'));
}

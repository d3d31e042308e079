import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests, expectSessionRecord } from '../harness/escape.ts';
import { makePlace } from '../harness/probe-case.ts';

const escapeTest = escapeTests();

// The watch over the workspace lives in the supervisor: notifications without end would keep it from everything else.
escapeTest('renaming files without end does not keep the supervisor from stopping the session', {
  requirement: '[RUN-3]',
  async control(walls) {
    const { own } = await makePlace(walls);
    const { stdout } = await walls.outside(
      `mkdir ${own}/a ${own}/b; timeout 1 ./probe race-exchange ${own}/a ${own}/b; echo $?`,
    );
    expect(stdout).toBe('124\n');
  },
  async attempt(walls) {
    const { own } = await makePlace(walls);
    for (const name of ['a', 'b']) await mkdir(path.join(own, name));
    const flooding = walls.start(`echo flooding; exec ./probe race-exchange ${own}/a ${own}/b`);
    await flooding.said('flooding');
    const other = await walls.run('echo another session');
    expect(other.stdout).toBe('another session\n');
    const stopped = await walls.cli(['kill', '--all']);
    expect(stopped).toMatchObject({ status: 0 });
    return await flooding.ended;
  },
  async observe(walls) {
    const { stdout } = await walls.cli(['sessions', '--json']);
    expect(stdout).toBe('');
  },
  audit(_walls, run) {
    expectSessionRecord(run);
    expect(run.events.find(({ kind }) => kind === 'session.ended')?.detail).toMatchObject({ reason: 'killed' });
    expect(run.events.map(({ kind }) => kind)).toContain('workspace.watch');
  },
});

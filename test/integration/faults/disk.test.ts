import { chmod } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import type { DoctorEntry } from '#contract/mechanisms.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { skipUnless } from '../../helpers/skip.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { startAskingSession } from './asking-session.ts';
import { openSmallDisk } from './small-disk.ts';

/** Room for a supervisor and the compiled code it keeps. */
const disk = openSmallDisk(32);
let home: TempHome;
let environment: Record<string, string>;
beforeAll(async () => {
  home = await openTempHome();
  environment = { ...home.environment, ...(disk && { GATEHOUSE_HOME: disk.folder }) };
});
afterAll(async () => {
  await home.run(['supervisor', 'stop', '--force'], { environment });
  disk?.close();
  await home.close();
});

const gatehouse = (...words: string[]) => home.run(words, { environment });
const events = async (query: string) =>
  parseJsonLines((await gatehouse('log', query, '--json')).stdout) as AuditEvent[];
const onSmallDisk = skipUnless(disk !== undefined, 'a small file system can only be mounted as root');

onSmallDisk(
  '[AUD-6] [RUN-6] on a full disk nothing new is allowed, nothing that runs is ended, and all goes on with room',
  async () => {
    const stays = await startAskingSession(home, environment);
    const ends = await startAskingSession(home, environment);
    expect(await stays.ask()).toBe('403');
    const { pid } = JSON.parse((await gatehouse('supervisor', 'status', '--json')).stdout) as { pid: number };
    disk?.fill();
    // What was asked until the file of the log is full goes on record; from then on nothing is decided any more.
    const full = await eventually(
      async () => {
        await stays.ask();
        const started = await gatehouse('run', '--', 'true');
        return started.status === 125 && started;
      },
      { what: 'the disk to be full' },
    );
    expect(full.stderr).toContain('There is no space left on the disk. Free some space; recording goes on by itself.');
    expect(await stays.ask()).toBe('403');
    const doctor = await gatehouse('doctor', '--json');
    expect(doctor.status).toBe(1);
    const missing = (parseJsonLines(doctor.stdout) as DoctorEntry[]).filter(({ state }) => state === 'missing');
    expect(missing.map(({ id }) => id)).toEqual(['audit-log', 'disk-space']);
    // What is on record can be read, and a session can end; its end is written down later.
    expect((await events('kind:session.started')).length).toBe(2);
    expect(await ends.end()).toBe(0);
    disk?.makeRoom();
    await eventually(async () => (await gatehouse('run', '--', 'true')).status === 0, {
      what: 'sessions to start again',
    });
    const ended = await eventually(
      async () => {
        const found = await events('kind:session.ended');
        return found.length === 2 && found;
      },
      { what: 'the end of the session on record' },
    );
    expect(ended.every(({ detail }) => detail['reason'] === 'exited')).toBe(true);
    expect((await events('"written again" kind:log.opened')).length).toBeGreaterThan(0);
    expect(await stays.ask()).toBe('403');
    expect(await stays.end()).toBe(0);
    expect(JSON.parse((await gatehouse('supervisor', 'status', '--json')).stdout)).toMatchObject({ pid, sessions: 0 });
    expect((await gatehouse('log', 'verify')).status).toBe(0);
  },
);

onSmallDisk('[AUD-6] on a read-only disk nothing starts, and doctor says why', async () => {
  await gatehouse('supervisor', 'stop', '--force');
  await eventually(() => disk?.setReadOnly(true), { what: 'the supervisor to have closed its files' });
  const refused = await gatehouse('run', '--', 'true');
  expect(refused).toMatchObject({ status: 125, stderr: expect.stringContaining('cannot be written') });
  const doctor = await gatehouse('doctor');
  expect(doctor.status).toBe(1);
  expect(doctor.stdout).toContain('its file system is');
  expect(disk?.setReadOnly(false)).toBe(true);
  expect((await gatehouse('run', '--', 'true')).status).toBe(0);
  expect((await gatehouse('log', 'verify')).status).toBe(0);
});

skipUnless(process.getuid?.() !== 0, 'root may write where the mode forbids it')(
  '[AUD-6] a state folder that cannot be written refuses the start, and doctor says so',
  async () => {
    const state = path.join(home.state, 'state');
    expect((await home.run(['run', '--', 'true'])).status).toBe(0);
    await home.run(['supervisor', 'stop']);
    await chmod(state, 0o500);
    const refused = await eventually(
      async () => {
        const finished = await home.run(['run', '--', 'true']);
        return finished.status === 125 && finished;
      },
      { what: 'the start to be refused' },
    );
    expect(refused.stderr).toContain('writ');
    expect((await home.run(['doctor'])).stdout).toContain('cannot be written');
    await chmod(state, 0o700);
    expect((await home.run(['run', '--', 'true'])).status).toBe(0);
    expect((await home.run(['log', 'verify'])).status).toBe(0);
  },
);

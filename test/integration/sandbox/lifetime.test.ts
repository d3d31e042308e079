import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../helpers/poll.ts';
import { processesWithArgument } from '../../helpers/processes.ts';
import { collect, converse, openSandboxFixture, type SandboxFixture } from './sandbox-fixture.ts';

let fixture: SandboxFixture;
beforeAll(async () => {
  fixture = await openSandboxFixture();
});
afterAll(() => fixture.close());

let marks = 0;
/** A number no other process waits for. */
function newMark(): string {
  marks += 1;
  return `${10_000_000 + (process.pid % 100_000) * 100 + marks}.25`;
}

const gone = (mark: string) =>
  eventually(async () => (await processesWithArgument(mark)).length === 0, {
    what: `processes marked ${mark} to be gone`,
  });
const there = (mark: string) =>
  eventually(async () => (await processesWithArgument(mark)).length > 0, { what: `a process marked ${mark}` });

/** Leaves the session, its process group and its parent, as a daemon does. */
const daemonise = (mark: string) =>
  `(setsid sh -c 'trap "" TERM HUP; sleep ${mark} & wait' </dev/null >/dev/null 2>&1 &)`;

test('[RUN-3] a daemon that left its session is gone when the command ends', async () => {
  const mark = newMark();
  const session = await fixture.launch(['/bin/sh', '-c', `${daemonise(mark)}; echo started; read line`]);
  const talk = converse(session);
  await talk.until(/started/);
  await there(mark);
  session.end();
  await session.ended;
  expect(await processesWithArgument(mark)).toEqual([]);
});

test('[RUN-3] terminate asks every process, stopped ones too', async () => {
  const session = await fixture.launch([
    '/bin/bash',
    '-c',
    'trap "echo bye; exit 6" TERM; (trap "echo child; exit" TERM; echo up; while :; do sleep 0.05; done) & echo ready; while :; do sleep 0.05; done',
  ]);
  const talk = converse(session);
  await talk.until(/ready[\s\S]*up|up[\s\S]*ready/);
  session.terminate();
  await talk.until(/bye/);
  expect((await session.ended).status).toBe(6);
});

test('[RUN-3] kill ends what ignores every signal', async () => {
  const mark = newMark();
  const session = await fixture.launch([
    '/bin/sh',
    '-c',
    `trap "" TERM INT HUP; ${daemonise(mark)}; echo ready; while :; do sleep 1; done`,
  ]);
  const talk = converse(session);
  await talk.until(/ready/);
  await there(mark);
  session.terminate();
  session.kill();
  expect(await session.ended).toEqual({ status: 137, signal: 'SIGKILL' });
  expect(await processesWithArgument(mark)).toEqual([]);
});

test('[RUN-3] killing the outermost process ends everything', async () => {
  const mark = newMark();
  const session = await fixture.launch(['/bin/sh', '-c', `${daemonise(mark)}; sleep ${mark}`]);
  await there(mark);
  process.kill(session.pid, 'SIGKILL');
  await session.ended;
  await gone(mark);
});

test('[RUN-3] a session cannot signal or see the processes outside', async () => {
  const session = await fixture.launch([
    '/bin/sh',
    '-c',
    `kill -0 ${process.pid} 2>&1; kill -9 -1; ls -d /proc/[0-9]*`,
  ]);
  const { stdout } = await collect(session);
  expect(stdout.toString()).not.toContain(`/proc/${process.pid}`);
});

test('[RUN-6] SIGKILL of the supervisor ends every process of its sessions', async () => {
  const mark = newMark();
  const script = path.join(fixture.folder, 'supervisor.ts');
  const request = await fixture.request({
    command: { path: '/bin/sh', argv: ['sh', '-c', `${daemonise(mark)}; trap "" TERM HUP; sleep ${mark}`] },
  });
  const adapter = path.resolve(import.meta.dirname, '../../../main/adapters/sandbox/linux/linux-sandbox.ts');
  await writeFile(
    script,
    `import { createLinuxSandbox } from ${JSON.stringify(adapter)};
     const sandbox = createLinuxSandbox({ portcullisPath: ${JSON.stringify(fixture.portcullisPath)} });
     await sandbox.launch(${JSON.stringify(request)});
     console.log('launched');
     setInterval(() => undefined, 1000);`,
  );
  const supervisor = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(supervisor.stdout, 'data');
  await there(mark);
  supervisor.kill('SIGKILL');
  await once(supervisor, 'exit');
  await gone(mark);
});

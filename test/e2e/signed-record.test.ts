import { copyFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parseJsonLines } from '../helpers/gatehouse.ts';
import { openTempHome, type TempHome } from '../helpers/temp-home.ts';

let home: TempHome;
let environment: Record<string, string>;
beforeAll(async () => {
  home = await openTempHome();
  environment = {
    ...home.environment,
    GATEHOUSE_KEYSTORE: 'file',
    GATEHOUSE_PASSPHRASE: 'a passphrase of the test',
    GATEHOUSE_WITNESS: path.join(home.folder, 'witness.jsonl'),
  };
});
afterAll(() => home.close());

const run = (...words: string[]) => home.run(words, { environment });

test('[AUD-2] a session is on a signed record, provable to a stranger, and an older copy of the record shows', async () => {
  expect((await run('run', '--', 'true')).status).toBe(0);
  const checkpoint = parseJsonLines((await run('log', 'checkpoint', '--json')).stdout)[0] as { key: string };
  const proof = await run('log', 'prove', '3');
  // Without a supervisor and without the log: only the key.
  const stranger = { ...home.environment, GATEHOUSE_HOME: path.join(home.folder, 'stranger') };
  const held = await home.run(['log', 'check-proof', '-', '--key', checkpoint.key], {
    environment: stranger,
    stdin: proof.stdout,
  });
  expect(held).toMatchObject({ status: 0, stdout: expect.stringContaining('The proof holds: entry 3') });
  const forged = proof.stdout.replace('\\"summary\\":\\"', '\\"summary\\":\\"not ');
  expect(forged).not.toBe(proof.stdout);
  const refused = await home.run(['log', 'check-proof', '-', '--key', checkpoint.key], {
    environment: stranger,
    stdin: forged,
  });
  expect(refused).toMatchObject({ status: 1, stdout: expect.stringContaining('does not hold') });

  const database = path.join(home.state, 'state', 'audit.db');
  expect((await run('supervisor', 'stop')).status).toBe(0);
  await copyFile(database, `${database}.copy`);
  expect((await run('run', '--', 'true')).status).toBe(0);
  expect((await run('log', 'verify')).status).toBe(0);
  expect((await run('supervisor', 'stop')).status).toBe(0);
  for (const suffix of ['-wal', '-shm']) await rm(`${database}${suffix}`, { force: true });
  await copyFile(`${database}.copy`, database);
  const verified = await run('log', 'verify');
  expect(verified.status).toBe(1);
  expect(verified.stdout).toContain(': rolled_back.');
  expect((await run('log', 'kind:log.damaged')).stdout).not.toBe('');
});

test('[AUD-2] without a keystore nothing is signed, and that is said with what to do', async () => {
  expect((await run('supervisor', 'stop')).status).toBe(0);
  const own = { ...home.environment, GATEHOUSE_HOME: path.join(home.folder, 'plain') };
  const verified = await home.run(['log', 'verify'], { environment: own });
  expect(verified).toMatchObject({ status: 0, stdout: expect.stringContaining('Checkpoints are not signed: ') });
  const doctor = parseJsonLines((await home.run(['doctor', '--json'], { environment: own })).stdout);
  expect(doctor).toContainEqual(expect.objectContaining({ id: 'checkpoint-signing', state: 'limited' }));
  expect((await home.run(['log', 'checkpoint'], { environment: own })).status).toBe(1);
  await home.run(['supervisor', 'stop'], { environment: own });
});

test('a keystore chosen by name that cannot be used refuses the start: nothing runs unsigned in its place', async () => {
  const other = await openTempHome();
  try {
    const words = ['run', '--', 'touch', 'ran'];
    const refused = await other.run(words, { environment: { ...other.environment, GATEHOUSE_KEYSTORE: 'keychain' } });
    expect(refused).toMatchObject({ status: 125, stderr: expect.stringContaining('There is no session bus') });
    expect((await other.run(['run', '--', 'test', '!', '-e', 'ran'])).status).toBe(0);
  } finally {
    await other.close();
  }
});

import { copyFile, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mechanismSchema } from '#contract/doctor.ts';
import { openTerminal } from '../helpers/agents/terminal.ts';
import { distFolder, parseJsonLines } from '../helpers/gatehouse.ts';
import { eventually } from '../helpers/poll.ts';
import { descendantsOf } from '../helpers/processes.ts';
import { type SecretService, startSecretService } from '../helpers/secret-service.ts';
import { openTempHome, type TempHome } from '../helpers/temp-home.ts';

let keychain: SecretService;
let home: TempHome;
let environment: Readonly<Record<string, string>>;
beforeAll(async () => {
  keychain = await startSecretService();
  home = await openTempHome();
  environment = { ...home.environment, ...keychain.environment };
});
afterAll(async () => {
  await home.close();
  await keychain.close();
});

const run = (...words: string[]) => home.run(words, { environment });
const verify = async () => (await run('log', 'verify')).stdout;

/** The key that signs now. */
async function signingKey(): Promise<string> {
  const { stdout } = await run('log', 'checkpoint', '--json');
  const key = /"key":"(?<key>[^"]+)"/u.exec(stdout)?.groups?.['key'];
  if (key === undefined) throw new Error(`nothing signs: ${stdout}`);
  return key;
}

/** What doctor says about the keystore. */
async function keystoreState(): Promise<string> {
  const found = parseJsonLines((await run('doctor', '--json')).stdout).map((line) => mechanismSchema.parse(line));
  const mechanism = found.find(({ id }) => id === 'keystore');
  return `${mechanism?.state}: ${mechanism?.detail} ${mechanism?.remedy ?? ''}`;
}

/** Doctor says it in the end: a keychain that was away is asked again after 5, 20 and 80 seconds. */
const eventuallyKeystoreIs = (state: RegExp) =>
  eventually(async () => state.test(await keystoreState()), { what: `keystore ${state}`, deadlineMs: 150_000 });

test('[AUD-2] with the person’s keychain the record is signed, and an older copy put back shows', async () => {
  expect((await run('run', '--', 'true')).status).toBe(0);
  await eventuallyKeystoreIs(/^ok: Your keychain, by way of the Secret Service\. $/u);
  expect(await verify()).toMatch(/^Signed: .* 1 kept elsewhere agree/mu);
  const key = await signingKey();
  const database = path.join(home.state, 'state', 'audit.db');
  expect((await run('supervisor', 'stop')).status).toBe(0);
  await copyFile(database, `${database}.copy`);
  expect((await run('run', '--', 'true')).status).toBe(0);
  expect(await verify()).toContain('The log holds');
  expect(await signingKey()).toBe(key);
  expect((await run('supervisor', 'stop')).status).toBe(0);
  await copyFile(database, `${database}.newest`);
  for (const suffix of ['-wal', '-shm']) await rm(`${database}${suffix}`, { force: true });
  await copyFile(`${database}.copy`, database);
  const verified = await run('log', 'verify');
  expect(verified.status).toBe(1);
  expect(verified.stdout).toContain(': rolled_back.');
  expect((await run('log', 'kind:log.damaged')).stdout).not.toBe('');
  // Back to the true one for what follows; the keychain kept its checkpoint.
  expect((await run('supervisor', 'stop')).status).toBe(0);
  for (const suffix of ['-wal', '-shm']) await rm(`${database}${suffix}`, { force: true });
  await copyFile(`${database}.newest`, database);
  expect(await verify()).toContain('The log holds');
});

test('[IDN-1] an agent’s key is in the person’s keychain, serves a new supervisor, and leaves with the agent', async () => {
  const agents = async (...words: string[]) => {
    const args = [path.join(distFolder, 'gatehouse.js'), 'agents', ...words];
    const terminal = openTerminal({ command: process.execPath, args, cwd: home.workspace, environment });
    expect((await terminal.exited).status, terminal.text()).toBe(0);
  };
  await eventuallyKeystoreIs(/^ok: /u);
  await agents('add', 'robot', '--command', 'true', '--purpose', 'A test');
  expect((await run('supervisor', 'stop')).status).toBe(0);
  await run('supervisor', 'start');
  await eventuallyKeystoreIs(/^ok: /u);
  expect(await run('run', '--agent', 'robot', '--', 'true')).toMatchObject({ status: 0, stderr: '' });
  const [starting] = parseJsonLines((await run('log', 'kind:session.starting', 'agent:robot', '--json')).stdout);
  const [agent] = parseJsonLines((await run('agents', 'show', 'robot', '--json')).stdout) as { fingerprint: string }[];
  expect(starting).toMatchObject({ detail: { identity: { fingerprint: agent?.fingerprint } } });
  const retired = await run('agents', 'retire', 'robot');
  expect(retired).toMatchObject({ status: 0, stderr: '' });
});

test('[AUD-2] a keychain that vanishes does not stop recording; it is said, and used again when it is back', async () => {
  const key = await signingKey();
  await keychain.vanish();
  expect((await run('run', '--', 'true')).status).toBe(0);
  await eventuallyKeystoreIs(/^limited: It worked and does not now: .*Nothing on the session bus keeps secrets/u);
  expect((await run('log', 'kind:log.unsigned')).stdout).toContain('could not be signed or kept');
  const unproven = await run('log', 'verify');
  expect(unproven).toMatchObject({ status: 125, stderr: expect.stringContaining('The keychain cannot be used.') });
  await keychain.comeBack();
  await eventuallyKeystoreIs(/^ok: /u);
  expect((await run('run', '--', 'true')).status).toBe(0);
  expect(await verify()).toMatch(/^Signed: .* 1 kept elsewhere agree/mu);
  expect(await signingKey()).toBe(key);
});

test('[AUD-2] a keychain that is locked at the start is not taken for an empty one: no new key, and the old one later', async () => {
  const key = await signingKey();
  expect((await run('supervisor', 'stop')).status).toBe(0);
  await keychain.lock();
  expect((await run('run', '--', 'true')).status).toBe(0);
  await eventuallyKeystoreIs(/^limited: The keychain cannot be used\. It is locked.*Unlock it/u);
  expect((await run('log', 'kind:log.unsigned', '-n', '1')).stdout).toContain('Checkpoints are no longer signed');
  expect(await run('log', 'verify')).toMatchObject({
    status: 125,
    stderr: expect.stringContaining('The keychain cannot be used. It is locked'),
  });
  // Whoever kept the key elsewhere can hold the record against it all the same.
  expect(await run('log', 'verify', '--key', key)).toMatchObject({
    status: 0,
    stdout: expect.stringContaining('Checkpoints are not signed: The keychain cannot be used. It is locked'),
  });
  await keychain.vanish();
  await keychain.comeBack();
  await eventuallyKeystoreIs(/^ok: /u);
  expect(await signingKey()).toBe(key);
  expect(await verify()).toMatch(/The log holds.*^Signed: /msu);
});

test('[AUD-2] a record that was signed gets no other key: a keychain without its own is refused', async () => {
  expect((await run('supervisor', 'stop')).status).toBe(0);
  const other = await startSecretService();
  try {
    const elsewhere = { environment: { ...environment, ...other.environment } };
    expect((await home.run(['run', '--', 'true'], elsewhere)).status).toBe(0);
    expect(await home.run(['log', 'verify'], elsewhere)).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('The keystore has no key for the record.'),
    });
    expect((await home.run(['supervisor', 'stop'], elsewhere)).status).toBe(0);
    const chosen = { environment: { ...elsewhere.environment, GATEHOUSE_KEYSTORE: 'keychain' } };
    expect(await home.run(['run', '--', 'true'], chosen)).toMatchObject({
      status: 125,
      stderr: expect.stringContaining('The keystore has no key for the record.'),
    });
  } finally {
    await other.close();
  }
  expect((await run('run', '--', 'true')).status).toBe(0);
  expect(await verify()).toMatch(/The log holds.*^Signed: /msu);
});

test('[AUD-2] no process that has to do with keys may leave a core dump', async () => {
  await verify();
  const status = (await run('supervisor', 'status', '--json')).stdout;
  const supervisor = Number(/"pid":\s*(?<pid>\d+)/u.exec(status)?.groups?.['pid']);
  const processes = [supervisor, ...(await descendantsOf(supervisor)).map(({ pid }) => pid)];
  const facts = await Promise.all(
    processes.map(async (pid) => ({
      command: (await readFile(`/proc/${pid}/cmdline`, 'utf8'))
        .split('\0')
        .map((word) => path.basename(word))
        .join(' '),
      limit: /^Max core file size\s+(?<soft>\S+)\s+(?<hard>\S+)/mu.exec(await readFile(`/proc/${pid}/limits`, 'utf8')),
    })),
  );
  for (const program of ['supervisor.js', 'egress.js', 'keychain.js']) {
    expect(facts.map(({ command }) => command).join('\n')).toContain(program);
  }
  expect(facts.filter(({ limit }) => !/^[01] [01]$/u.test(limit?.slice(1).join(' ') ?? ''))).toEqual([]);
});

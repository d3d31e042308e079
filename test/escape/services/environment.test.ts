import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { descendantsOf } from '../../helpers/processes.ts';
import { newCanaryText } from '../harness/canaries.ts';
import { escapeTests, expectSessionRecord } from '../harness/escape.ts';
import { findInhabitants } from '../harness/survivors.ts';

/** What a developer's shell exports: keys, and things that are nobody's business. */
const secretNames = [
  'ANTHROPIC_API_KEY',
  'OPENAI_API_KEY',
  'GEMINI_API_KEY',
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'NPM_TOKEN',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AZURE_CLIENT_SECRET',
  'GOOGLE_APPLICATION_CREDENTIALS',
  'DATABASE_URL',
  'PGPASSWORD',
  'KUBECONFIG',
  'VAULT_TOKEN',
  'HF_TOKEN',
  'SLACK_BOT_TOKEN',
  'STRIPE_SECRET_KEY',
  'SECRET_KEY_BASE',
  'GPG_PASSPHRASE',
  'GATEHOUSE_PASSPHRASE',
  'CREDENTIALS_DIRECTORY',
  'http_proxy',
  'HTTPS_PROXY',
] as const;
const otherNames = [
  'LD_PRELOAD_NOTES',
  'NODE_OPTIONS_NOTES',
  'BASH_ENV_NOTES',
  'MAIL',
  'SSH_CONNECTION',
  'SUDO_USER',
  'HISTFILE',
  'EDITOR',
  // One that the supervisor itself keeps: what it starts must not have it.
  'DBUS_SESSION_BUS_ADDRESS',
  'GIT_AUTHOR_EMAIL',
  'WORK_CUSTOMER',
  'PS1',
  'OLDPWD_NOTES',
  'XDG_SESSION_ID',
  'INVOCATION_ID',
  'LS_COLORS_NOTES',
] as const;
const canaryVariables = Object.fromEntries([...secretNames, ...otherNames].map((name) => [name, newCanaryText()]));
const canaryTexts = Object.values(canaryVariables);
const passphrase = canaryVariables['GATEHOUSE_PASSPHRASE'] ?? '';

// The passphrase is a real one: the supervisor opens its keystore with it.
const escapeTest = escapeTests({ environment: { ...canaryVariables, GATEHOUSE_KEYSTORE: 'file' } });
const leaksIn = (text: string) =>
  Object.keys(canaryVariables).filter((name) => text.includes(canaryVariables[name] ?? ''));

escapeTest('the caller’s variables: none but the allowed ones come in', {
  requirement: '[GRT-1]',
  async control(walls) {
    expect(leaksIn((await walls.outside('env')).stdout)).toEqual(Object.keys(canaryVariables));
  },
  async attempt(walls) {
    const run = await walls.run(
      `env; cat /proc/[0-9]*/environ | tr '\\0' '\\n'; cat /proc/[0-9]*/cmdline | tr '\\0' '\\n'`,
    );
    expect(run.stdout, run.stderr).toContain('GATEHOUSE_SESSION=');
    expect(leaksIn(run.stdout + run.stderr)).toEqual([]);
    return run;
  },
  async observe() {},
  audit(_walls, run) {
    const { detail } = expectSessionRecord(run);
    expect(detail['passed']).toEqual([]);
    const present = secretNames.filter((name) => !/proxy/iu.test(name));
    expect(present.filter((name) => JSON.stringify(detail['environment']).includes(`"${name}"`))).toEqual([]);
    expect(canaryTexts.filter((text) => JSON.stringify(run.events).includes(text))).toEqual([]);
  },
});

escapeTest('the environment and the arguments of every helper of a session, seen from outside', {
  requirement: '[GRT-1]',
  guards: ['clear-environment'],
  async control(walls) {
    const run = await walls.outside(`tr '\\0' '\\n' < /proc/$$/environ`);
    expect(leaksIn(run.stdout)).toEqual(Object.keys(canaryVariables));
  },
  async attempt(walls) {
    const going = walls.start('echo there; read go');
    await going.said('there');
    const supervisor = await walls.supervisorPid();
    const inhabitants = await findInhabitants(walls.workspace);
    const helpers = (await descendantsOf(supervisor)).map(({ pid }) => pid);
    const pids = [
      ...new Set([...inhabitants, ...helpers.filter((pid) => inhabitants.length > 0 && pid !== supervisor)]),
    ];
    const leaks = await Promise.all(
      pids.map(async (pid) => {
        const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
        return { command: command.replaceAll('\0', ' ').slice(0, 80), leaks: leaksIn(environment + command) };
      }),
    );
    going.child.stdin?.end('go\n');
    const run = await going.ended;
    expect(inhabitants.length).toBeGreaterThan(0);
    expect(leaks.filter((each) => each.leaks.length > 0)).toEqual([]);
    return run;
  },
  async observe() {},
});

escapeTest('the passphrase of the keystore: no process of ours shows it, inside or outside, the supervisor included', {
  requirement: '[AUD-2]',
  async control(walls) {
    expect((await walls.outside('echo $GATEHOUSE_PASSPHRASE')).stdout.trim()).toBe(passphrase);
    // It was used: what it opens signs the record.
    expect((await walls.cli(['log', 'verify'])).stdout).toMatch(/^Signed: /mu);
  },
  async attempt(walls) {
    const run = await walls.run(`env; cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline | tr '\\0' '\\n'`);
    expect(run.stdout, run.stderr).toContain('GATEHOUSE_SESSION=');
    expect(run.stdout + run.stderr).not.toContain(passphrase);
    return run;
  },
  async observe(walls) {
    const supervisor = await walls.supervisorPid();
    const pids = [supervisor, ...(await descendantsOf(supervisor)).map(({ pid }) => pid)];
    for (const pid of pids) {
      for (const file of ['cmdline', 'environ']) {
        expect(await readFile(`/proc/${pid}/${file}`, 'utf8').catch(() => '')).not.toContain(passphrase);
      }
    }
    for (const file of ['supervisor.log', 'keystore.json', 'audit.db', 'audit.db-wal', 'state.db']) {
      expect(await readFile(path.join(walls.state, 'state', file), 'latin1').catch(() => '')).not.toContain(passphrase);
    }
  },
});

escapeTest('one variable let in by name comes in alone, and is on record without its value', {
  requirement: '[GRT-1]',
  async control(walls) {
    expect((await walls.outside('echo $GITHUB_TOKEN')).stdout.trim()).toBe(canaryVariables['GITHUB_TOKEN']);
  },
  async attempt(walls) {
    const run = await walls.run('env', { options: ['--env', 'GITHUB_TOKEN'] });
    expect(leaksIn(run.stdout)).toEqual(['GITHUB_TOKEN']);
    return run;
  },
  async observe(walls) {
    const { stdout } = await walls.cli(['log', '--json', '-n', '1000']);
    expect(canaryTexts.filter((text) => stdout.includes(text))).toEqual([]);
  },
  audit(_walls, run) {
    expect(expectSessionRecord(run).detail['passed']).toEqual(['GITHUB_TOKEN']);
  },
});

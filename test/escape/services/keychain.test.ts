import { realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { distFolder } from '../../helpers/gatehouse.ts';
import { descendantsOf } from '../../helpers/processes.ts';
import { startSecretService } from '../../helpers/secret-service.ts';
import { escapeTests, expectLines, expectSessionRecord } from '../harness/escape.ts';
import type { Walls } from '../harness/walls.ts';

// Before the walls, whose supervisor keeps its key there.
const keychain = await startSecretService();
// Registered first, and so run last, after the walls are closed.
afterAll(() => keychain.close());
const escapeTest = escapeTests({ environment: keychain.environment });

/** Ways to the bus, each as the variables that lead there. */
const routes: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'by path': { DBUS_SESSION_BUS_ADDRESS: `unix:path=${keychain.busSocket}` },
  'by abstract name': { DBUS_SESSION_BUS_ADDRESS: `unix:abstract=${keychain.abstractName}` },
  'through the root of a process': { DBUS_SESSION_BUS_ADDRESS: `unix:path=/proc/self/root${keychain.busSocket}` },
  'through the runtime folder': { XDG_RUNTIME_DIR: path.dirname(keychain.busSocket) },
};
const ofThePerson = 'a text of the person';
const ofTheAgent = 'a text of the agent';

/** What an agent would bring with it: a Node and the library that reads keychains. */
const node = realpathSync(process.execPath);
const keytar = realpathSync(path.join(distFolder, '..', 'node_modules', 'keytar'));
const grants = [`file.read:${path.dirname(node)}`, `file.read:${keytar}`];

/** Finds the supervisor's key, and keeps a text and reads it back; says how each ended, never what was read. */
const itemProgram = `
  const [, , library, account, text] = process.argv;
  const keytar = require(library);
  console.log('asks');
  const tell = (what, promise) => promise.then(
    (found) => console.log(what, found === null ? 'nothing' : 'found'),
    () => console.log(what, 'refused'));
  const kept = async () => {
    await keytar.setPassword('canary', 'canary', text);
    return keytar.getPassword('canary', 'canary');
  };
  tell('key', keytar.getPassword('gatehouse', account)).then(() => tell('canary', kept()));
`;

function itemScript(walls: Walls, text: string): string {
  const words = `'${node}' item.cjs '${keytar}' '${walls.state}#checkpoint-key' '${text}'`;
  const calls = Object.entries(routes).map(([name, variables]) => {
    const set = Object.entries(variables).map(([key, value]) => `'${key}=${value}'`);
    return `echo '${name}'; env -u DBUS_SESSION_BUS_ADDRESS ${set.join(' ')} ${words}`;
  });
  return calls.join('\n');
}

const endings = (ending: string) =>
  Object.keys(routes).flatMap((name) => [name, 'asks', `key ${ending}`, `canary ${ending}`]);

// No guard is claimed: several hold it. A bus refuses the other uid that a session of root has, even where its socket is reachable.
escapeTest('items of the keychain, the supervisor’s key among them, are neither read nor changed by any route', {
  requirement: '[AUD-2]',
  async prepare(walls) {
    await writeFile(path.join(walls.workspace, 'item.cjs'), itemProgram);
    // The supervisor has its key by now: it signs.
    expect((await walls.cli(['log', 'verify'])).stdout).toMatch(/^Signed: /mu);
  },
  async control(walls) {
    expectLines(await walls.outside(itemScript(walls, ofThePerson)), endings('found'));
  },
  async attempt(walls) {
    const run = await walls.run(itemScript(walls, ofTheAgent), { grants });
    expectLines(run, endings('refused'));
    return run;
  },
  async observe(walls) {
    const read = `require('${keytar}').getPassword('canary', 'canary').then(console.log)`;
    expectLines(await walls.outside([node, '-e', read]), [ofThePerson]);
    expect((await walls.cli(['log', 'verify'])).stdout).toMatch(/^Signed: /mu);
  },
  audit(_walls, run) {
    expectSessionRecord(run);
    const allowed = run.events.filter(({ decision }) => decision === 'allow').map(({ action }) => action);
    expect(allowed.filter((action) => action !== 'file.read')).toEqual([]);
  },
});

/** Prints what each call of the probe says. */
const probes = (calls: readonly (readonly [command: string, target: string])[]) =>
  calls
    .map(([command, target]) => `./probe ${command} '${target}'${command === 'connect-unix' ? ' hello' : ''}`)
    .join('\n');

const sockets = [
  ['connect-unix', keychain.busSocket],
  ['connect-unix', `/proc/self/root${keychain.busSocket}`],
  ['connect-unix', `@${keychain.abstractName}`],
  ['connect-unix', keychain.controlSocket],
] as const;

escapeTest('the keychain’s bus by path and by abstract name, and its control socket', {
  requirement: '[AUD-2]',
  guards: ['private-tmp', 'net-namespace'],
  async control(walls) {
    expectLines(await walls.outside(probes(sockets)), Array(4).fill('connect-unix: OK'));
  },
  async attempt(walls) {
    const run = await walls.run(probes(sockets));
    expectLines(
      run,
      ['ENOENT', 'ENOENT', 'ECONNREFUSED', 'ENOENT'].map((error) => `connect-unix: ${error}`),
    );
    return run;
  },
  async observe(walls) {
    // It still answers whoever may ask.
    expect((await walls.cli(['log', 'verify'])).stdout).toMatch(/^Signed: /mu);
  },
});

const files = ['login.keyring', 'user.keystore'].map(
  (name) => ['open-write', path.join(keychain.folder, 'home', 'data', 'keyrings', name)] as const,
);

escapeTest('the files in which the keychain keeps its items', {
  requirement: '[AUD-2]',
  guards: ['private-tmp'],
  async control(walls) {
    expectLines(
      await walls.outside(probes(files)),
      files.map(() => 'open-write: OK'),
    );
  },
  async attempt(walls) {
    const run = await walls.run(probes(files));
    expectLines(
      run,
      files.map(() => 'open-write: ENOENT'),
    );
    return run;
  },
  async observe(walls) {
    // What is in them is whole: the keychain still has the key.
    expect((await walls.cli(['log', 'verify'])).stdout).toMatch(/^Signed: /mu);
  },
});

let processes: readonly (readonly [string, string])[] = [];

escapeTest('the processes that have to do with keys: the one that asks the keychain, and the supervisor', {
  requirement: '[AUD-2]',
  guards: ['pid-namespace'],
  async prepare(walls) {
    // Whoever verifies has the keychain asked, and so its process is there.
    await walls.cli(['log', 'verify']);
    const supervisor = await walls.supervisorPid();
    const asking = (await descendantsOf(supervisor)).filter(({ argv }) =>
      argv.some((word) => word.endsWith('keychain.js')),
    );
    expect(asking).toHaveLength(1);
    const pids = [supervisor, ...asking.map(({ pid }) => pid)];
    processes = pids.map((pid) => ['open-read', `/proc/${pid}/environ`] as const);
  },
  async control(walls) {
    expectLines(
      await walls.outside(probes(processes)),
      processes.map(() => 'open-read: OK'),
    );
  },
  async attempt(walls) {
    const run = await walls.run(probes(processes));
    expectLines(
      run,
      processes.map(() => 'open-read: ENOENT'),
    );
    return run;
  },
  async observe(walls) {
    expect(await walls.supervisorPid()).toBe(Number(processes[0]?.[1].split('/')[2]));
  },
});

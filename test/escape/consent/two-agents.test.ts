import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import type { Terminal } from '../../helpers/agents/terminal.ts';
import { parseJsonLines, runCommand } from '../../helpers/gatehouse.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';
import { eventually } from '../../helpers/poll.ts';
import {
  awaitCode,
  type CountingServer,
  fetchOf,
  openGatehouse,
  startServer,
  typeUntil,
} from '../../integration/approvals/asking.ts';

/**
 * Two agents at work at once, each with an identity, a grant, a workspace and a terminal of its own. What one has is tried from
 * inside the other; that it can be had at all is shown by its owner, or from outside.
 */
interface AtWork {
  readonly name: string;
  readonly workspace: string;
  readonly server: CountingServer;
  readonly terminal: Terminal;
  readonly session: string;
  readonly fingerprint: string;
}

let home: KeyedHome;
let one: AtWork;
let two: AtWork;
const servers: CountingServer[] = [];

beforeAll(async () => {
  home = await openKeyedHome();
  const workspaces = [home.workspace, path.join(home.home, 'other')];
  await mkdir(workspaces[1] ?? '');
  [one, two] = [await startAgent('one', workspaces[0] ?? ''), await startAgent('two', workspaces[1] ?? '')];
});
afterAll(async () => {
  for (const server of servers) server.close();
  await home.close();
});

/** A shell as a named agent, accepted beforehand, with a server that it alone is granted and a file in its private home. */
async function startAgent(name: string, workspace: string): Promise<AtWork> {
  const server = await startServer();
  servers.push(server);
  await home.install(name, `stty -echo; echo "diary of ${name}" > ~/diary; echo ready; exec bash --norc`);
  await writeFile(path.join(workspace, 'notes'), `notes of ${name}\n`);
  const added = openGatehouse(home, 'agents', 'add', name, '--command', name, '--purpose', 'A test');
  expect((await added.exited).status, added.text()).toBe(0);
  const grant = `net.connect:127.0.0.1:${server.port}`;
  const terminal = openGatehouse({ ...home, workspace }, 'run', '--agent', name, '--grant', grant, '--', name);
  await eventually(() => terminal.text().includes('ready'), { what: `${name} to be ready` });
  const [starting] = await recorded(`kind:session.starting agent:${name}`);
  const { fingerprint } = JSON.parse(JSON.stringify(starting?.detail['identity']));
  return { name, workspace, server, terminal, session: starting?.session ?? '', fingerprint };
}

interface Recorded {
  readonly session?: string;
  readonly agent?: string;
  readonly decision?: string;
  readonly detail: Readonly<Record<string, unknown>>;
}
const recorded = async (query: string): Promise<readonly Recorded[]> =>
  parseJsonLines((await home.run(['log', query, '--limit', '1000', '--json'])).stdout) as Recorded[];

/** Tries everything that belongs to `owner`; a line each. Never prints what it found. */
async function reachOf(owner: AtWork): Promise<string> {
  const paths = statePaths({ GATEHOUSE_HOME: home.state });
  const egress = await fileNamed(home.state, (file) => file.endsWith(`${owner.session}/egress.sock`));
  const store = await fileNamed(paths.homes, (file) => file.includes(`/${owner.name}/`) && file.endsWith('/diary'));
  const url = `http://127.0.0.1:${owner.server.port}`;
  return `
try() { local what=$1; shift; if "$@" >/dev/null 2>&1; then echo "$what: yes"; else echo "$what: no"; fi; }
reaches() { curl -sf -m 30 -o /dev/null "$@"; }
connects() { curl -s -m 5 --unix-socket "$1" http://nobody/; [ $? -ne 7 ]; }
try granted reaches --noproxy '' ${url}/granted
try as-session env GATEHOUSE_SESSION=${owner.session} curl -sf -m 30 -o /dev/null --noproxy '' ${url}/as-session
try egress-socket reaches --unix-socket ${egress} --request-target ${url}/socket ${url}/socket
try diary grep -q 'diary of ${owner.name}' ~/diary
try diary-on-host grep -q 'diary of ${owner.name}' '${store}'
try notes grep -q 'notes of ${owner.name}' '${owner.workspace}/notes'
try key grep -q agent '${path.join(home.state, 'state', 'keystore.json')}'
try control-socket connects '${paths.controlSocket}'
`;
}

async function fileNamed(folder: string, wanted: (file: string) => boolean): Promise<string> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const found = entries.map((entry) => path.join(entry.parentPath, entry.name)).find(wanted);
  if (found === undefined) throw new Error(`nothing of the kind below ${folder}`);
  return found;
}

let tries = 0;
/** Runs a script in an agent's own shell and returns its lines. Questions about what it tries are answered with no. */
async function inside({ terminal, workspace }: AtWork, script: string): Promise<string[]> {
  tries += 1;
  const name = `try-${tries}`;
  await writeFile(path.join(workspace, name), script);
  terminal.type(`bash ./${name} > ${name}.out 2>/dev/null </dev/null; echo over-${tries}\n`);
  await typeUntil(terminal, 'no\r', () => terminal.text().includes(`over-${tries}`), `${name} to end`);
  return (await readFile(path.join(workspace, `${name}.out`), 'utf8')).trim().split('\n');
}

/** The code of the newest question that a terminal showed so far. */
const shownCode = ({ terminal }: AtWork): string =>
  [...terminal.text().matchAll(/ once ([0-9A-Z]{3}) /gu)].at(-1)?.[1] ?? '';

const answersOf = (words: string): string[] =>
  ['granted', 'as-session', 'egress-socket', 'diary', 'diary-on-host', 'notes', 'key', 'control-socket'].map(
    (what) => `${what}: ${words.split(' ').includes(what) ? 'yes' : 'no'}`,
  );

test('[IDN-1] [GRT-2] neither reaches the other’s grant, socket, home, workspace, key or session', async () => {
  for (const [owner, other] of [
    [one, two],
    [two, one],
  ] as const) {
    const script = await reachOf(owner);
    // Control: its owner has what is its own inside, and what is the supervisor's can be reached from outside.
    expect(await inside(owner, script)).toEqual(answersOf('granted as-session diary notes'));
    const outside = await runCommand('/bin/bash', ['-c', script], { environment: home.environment, cwd: home.folder });
    const ofTheHost = 'granted as-session egress-socket diary-on-host notes key control-socket';
    expect(outside.stdout.trim().split('\n')).toEqual(answersOf(ofTheHost));
    const before = [...owner.server.seen];
    // Attempt.
    expect(await inside(other, script)).toEqual(answersOf(''));
    expect(owner.server.seen).toEqual(before);
    // What it tried is on record as its own, whatever session it said it was.
    const tried = await recorded(`kind:decision session:${other.session}`);
    const denied = tried.filter(({ detail }) => detail['port'] === owner.server.port);
    expect(new Set(denied.map(({ agent, decision }) => `${agent} ${decision}`))).toEqual(
      new Set([`${other.name} deny`]),
    );
    expect(denied).toHaveLength(2);
  }
  expect(one.fingerprint).not.toBe(two.fingerprint);
  // Nor does the program of one start under the name of the other.
  expect(await home.run(['run', '--agent', 'two', '--', 'one'])).toMatchObject({ status: 126, stdout: '' });
});

test('[APR-3] [APR-5] an answer for one is none for the other, and is not given from its terminal', async () => {
  const server = await startServer();
  servers.push(server);
  const before = { one: shownCode(one), two: shownCode(two) };
  two.terminal.type(fetchOf(server.port, '/asked', 'asked'));
  const code = await awaitCode(two.terminal, before.two);
  // Attempt: what is typed at the other's terminal goes to its shell.
  one.terminal.type(`always ${code}\n`);
  await eventually(() => one.terminal.text().includes('always: command not found'), { what: 'the shell to be told' });
  expect(server.seen).toEqual([]);
  const said = (sign: string) => () => two.terminal.text().includes(sign);
  await typeUntil(two.terminal, `always ${code}\r`, said('asked=200'), 'the answer to be taken');
  // Control: whom it was given for is not asked again.
  two.terminal.type(fetchOf(server.port, '/again', 'again'));
  await eventually(said('again=200'), { what: 'the second call to go through unasked' });
  // Attempt: the other is asked on its own, and the first code is none for it.
  one.terminal.type(fetchOf(server.port, '/stolen', 'stolen'));
  const own = await awaitCode(one.terminal, before.one);
  const denied = () => one.terminal.text().includes('stolen=403');
  if (own !== code) {
    const refused = () => one.terminal.text().includes('not the code');
    await typeUntil(one.terminal, `always ${code}\r`, refused, 'the code to be refused');
  }
  await typeUntil(one.terminal, 'no\r', denied, 'the call to be denied');
  expect(server.seen).toEqual(['/asked', '/again']);
  const answers = await recorded('kind:approval.answered');
  const about = answers.filter(({ agent, detail }) => agent === 'two' || detail['answer'] === 'always');
  expect(about.map(({ agent, detail }) => `${agent} ${detail['answer']}`)).toContain('two always');
  expect(answers.filter(({ agent, detail }) => agent === 'one' && detail['answer'] !== 'deny-once')).toEqual([]);
});

test('[IDN-4] one is suspended and ends; the other goes on with what it has', async () => {
  expect(await home.run(['agents', 'suspend', 'one'])).toMatchObject({ status: 0 });
  await one.terminal.exited;
  expect(one.terminal.text()).toContain('its agent was suspended');
  two.terminal.type(fetchOf(two.server.port, '/later', 'later'));
  await eventually(() => two.terminal.text().includes('later=200'), { what: 'the other to go on' });
  two.terminal.type('exit\n');
  expect((await two.terminal.exited).status).toBe(0);
});

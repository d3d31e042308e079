import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { nestingDepthMax } from '../../../main/core/sessions/nesting.ts';
import { openTerminal } from '../../helpers/agents/terminal.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { listProcesses } from '../../helpers/processes.ts';
import { type CountingServer, startServer } from '../../integration/approvals/asking.ts';
import type { Canary } from '../harness/canaries.ts';
import { escapeTests, expectDenied, expectLines } from '../harness/escape.ts';
import type { OngoingRun, Walls, WallsRun } from '../harness/walls.ts';

const escapeTest = escapeTests({
  environment: { GATEHOUSE_KEYSTORE: 'file', GATEHOUSE_PASSPHRASE: 'a passphrase of the test' },
});

let server: CountingServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.close());

const fetchIt = (place: string) =>
  `curl -s --noproxy "" -o /dev/null -w "%{http_code}\\n" http://127.0.0.1:${server.port}${place}`;
const hostGrant = () => `net.connect:127.0.0.1:${server.port}`;
const refusals = (run: WallsRun) => run.events.filter(({ kind }) => kind === 'session.refused');
/** The ids of sessions that were started by another one in this run, and by whom. */
const children = (run: WallsRun) =>
  run.events.flatMap(({ kind, session, detail }) =>
    kind === 'session.starting' && detail['actors'] !== undefined ? [{ session, actors: detail['actors'] }] : [],
  );

let seen = 0;
escapeTest('a host that an agent’s own rule gives is none of its own when another agent starts it', {
  requirement: '[IDN-9]',
  async prepare(walls) {
    const bin = path.join(walls.home, 'bin');
    await mkdir(bin);
    await writeFile(path.join(bin, 'codex'), '#!/bin/bash\nexec bash --norc "$@"\n');
    await chmod(path.join(bin, 'codex'), 0o755);
    const rule = { v: 1, id: 'r-00000001', agent: 'codex', workspace: walls.workspace, spec: hostGrant() };
    const folder = path.join(walls.state, 'config', 'always');
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const given = { givenAt: new Date().toISOString(), approval: 'a-00000000', because: 'a test' };
    await writeFile(path.join(folder, 'r-00000001.json'), JSON.stringify({ ...rule, ...given }));
    const args = [walls.cliPath, 'agents', 'add', 'codex', '--command', `${bin}/codex`, '--purpose', 'A test'];
    const { environment, workspace: cwd } = walls;
    const terminal = openTerminal({ command: process.execPath, args, cwd, environment });
    expect((await terminal.exited).status, terminal.text()).toBe(0);
  },
  async control(walls) {
    const run = await walls.run(['codex', '-c', fetchIt('/own')], { environment: withCodex(walls) });
    expectLines(run, ['200']);
    expect(server.seen).toEqual(['/own']);
    seen = server.seen.length;
  },
  async attempt(walls) {
    const run = await walls.run(`gatehouse run -- codex -c '${fetchIt('/nested')}'`, { environment: withCodex(walls) });
    expectLines(run, ['403']);
    return run;
  },
  async observe() {
    expect(server.seen).toHaveLength(seen);
  },
  audit(_, run) {
    expectDenied(run, 'http.request', 'approval_needed');
    const denied = run.events.find(({ decision }) => decision === 'deny');
    expect(denied).toMatchObject({ agent: 'codex', detail: { actors: [{ agent: 'generic' }] } });
    expect(run.events.filter(({ kind }) => kind === 'grant.issued')).toEqual([]);
  },
});

function withCodex(walls: Walls): Record<string, string> {
  return { PATH: `${walls.home}/bin:${walls.environment['PATH'] ?? ''}` };
}

let outside: { readonly folder: string; readonly secret: Canary };
escapeTest('a session that is started from inside sees and changes no file that the one inside does not', {
  requirement: '[GRT-1]',
  async prepare(walls) {
    outside = await walls.privateFolder();
  },
  async control(walls) {
    const { folder, secret } = outside;
    const run = await walls.run(`gatehouse run --grant file.read:${folder} -- cat ${secret.file}`, {
      grants: [`file.read:${folder}`],
    });
    expect(run.stdout, run.stderr).toContain(secret.text);
    expect((await walls.outside('touch .git/hooks/control')).status).toBe(0);
  },
  async attempt(walls) {
    const { folder, secret } = outside;
    const told = (name: string) => `gatehouse run -- ${folder}/${name} 2>&1 | sed 's/${name}/NAME/'`;
    const script = [
      `ln -s ${folder} out`,
      `gatehouse run -- cat ${secret.file}`,
      `gatehouse run --grant file.read:${folder} -- cat ${secret.file}; echo grant=$?`,
      `gatehouse run --grant file.read:${folder}/nothing -- true; echo grant=$?`,
      `gatehouse run --workspace ${folder} -- cat secret; echo folder=$?`,
      'gatehouse run --workspace out -- cat secret; echo link=$?',
      `gatehouse run -- ${secret.file}; echo program=$?`,
      `[ "$(${told('secret')})" = "$(${told('nothing')})" ] && echo same`,
      `gatehouse run --workspace .git -- sh -c 'cp /bin/true hooks/post-commit; mv hooks old' 2>/dev/null || echo held`,
    ].join('\n');
    const run = await walls.run(script);
    expectLines(run, ['grant=126', 'grant=126', 'folder=126', 'link=126', 'program=127', 'same', 'held']);
    return run;
  },
  async observe(walls, run) {
    const { secret } = outside;
    expect(run.stdout + run.stderr).not.toContain(secret.text);
    expect(existsSync(path.join(walls.workspace, '.git/hooks/post-commit'))).toBe(false);
    expect(existsSync(path.join(walls.workspace, '.git/old'))).toBe(false);
    expect(existsSync(path.join(walls.workspace, '.git/hooks/control'))).toBe(true);
  },
  audit(_, run) {
    const codes = refusals(run).map(({ detail }) => detail['code']);
    expect(codes.filter((code) => code === 'grant_refused')).toHaveLength(2);
    expect(codes.filter((code) => code === 'workspace_refused')).toHaveLength(2);
    expect(codes.filter((code) => code === 'command_not_found')).toHaveLength(3);
    const isTheirs = refusals(run).map(
      ({ session, detail }) => session === run.sessionId && detail['startedBy'] === session,
    );
    expect(isTheirs).not.toContain(false);
  },
});

let ongoing: OngoingRun;
escapeTest('what is taken back from a session is taken back from those it started', {
  requirement: '[GRT-2]',
  async control(walls) {
    const child = `while read -r word; do ${fetchIt('/revoke')}; done`;
    ongoing = walls.start(`gatehouse run --grant ${hostGrant()} -- sh -c '${child}'`, { grants: [hostGrant()] });
    ongoing.child.stdin?.write('one\n');
    await ongoing.said('200');
    seen = server.seen.length;
  },
  async attempt(walls) {
    const { stdout } = await walls.cli(['grants', 'list', '--json']);
    const grants = parseJsonLines(stdout) as { id: string; spec: string }[];
    const id = grants.find(({ spec }) => spec === hostGrant())?.id ?? '';
    expect((await walls.cli(['grants', 'revoke', id])).status).toBe(0);
    ongoing.child.stdin?.write('two\n');
    await ongoing.said('403');
    ongoing.child.stdin?.end();
    return ongoing.ended;
  },
  async observe() {
    expect(server.seen).toHaveLength(seen);
  },
  audit(_, run) {
    const decisions = run.events.filter(({ decision }) => decision !== undefined);
    expect(decisions.map(({ decision }) => decision)).toEqual(['allow', 'deny']);
    expect(decisions.every(({ detail }) => detail['actors'] !== undefined)).toBe(true);
  },
});

escapeTest('sessions nest only so deep', {
  requirement: '[RUN-4]',
  async prepare(walls) {
    const script = `[ "$1" = 0 ] && exit 0\ngatehouse run -- sh nest.sh $(($1-1)) 2>/dev/null; echo "$1=$?"\n`;
    await writeFile(path.join(walls.workspace, 'nest.sh'), script);
  },
  async control(walls) {
    expectLines(await walls.run('sh nest.sh 1'), ['1=0']);
  },
  async attempt(walls) {
    const run = await walls.run(`sh nest.sh ${nestingDepthMax + 1}; ls /run/gatehouse`);
    const lines = Array.from({ length: nestingDepthMax }, (_, index) => `${index + 2}=0`);
    // The deepest one has neither a socket nor a program to ask with.
    expectLines(run, ['1=127', ...lines, 'egress.sock', 'nested.sock', 'node', 'product']);
    return run;
  },
  async observe(walls) {
    const { stdout } = await walls.cli(['sessions', '--json']);
    expect(stdout).toBe('');
  },
  audit(_, run) {
    const depths = children(run).map(({ actors }) => (Array.isArray(actors) ? actors.length : 0));
    expect(depths).toEqual(Array.from({ length: nestingDepthMax }, (_, index) => index + 1));
  },
});

let supervisor = 0;
escapeTest('garbage on the delegation socket leaves everything standing, and is no way to the control API', {
  requirement: '[RUN-6]',
  async control(walls) {
    supervisor = await walls.supervisorPid();
    expectLines(await walls.run('gatehouse run -- echo fine'), ['fine']);
  },
  async attempt(walls) {
    await writeFile(path.join(walls.workspace, 'garbage.js'), garbage);
    const run = await walls.run('/run/gatehouse/node garbage.js; gatehouse run -- echo fine');
    expectLines(run, ['invalid_request', 'invalid_request', 'invalid_request', 'invalid_request', 'closed', 'fine']);
    return run;
  },
  async observe(walls) {
    expect(await walls.supervisorPid()).toBe(supervisor);
    expect((await walls.cli(['approvals', 'list'])).status).toBe(0);
  },
  audit(_, run) {
    expect(refusals(run).map(({ detail }) => detail['code'])).toEqual(Array(4).fill('invalid_request'));
    // The frames that no client may send ended their own session, and no other.
    expect(children(run)).toHaveLength(2);
  },
});

/** Lines that are no request, then a request whose frames are none; prints what came of each. */
const garbage = `
const { connect } = require('node:net');
const start = { v: 1, command: ['cat'], cwd: process.cwd(), grants: [], variables: [], limits: {} };
const lines = [
  'hello', '{"jsonrpc":"2.0","id":1,"method":"agent.suspend","params":{"name":"codex"}}',
  JSON.stringify({ ...start, agent: 'codex', taskId: 't-00000000' }), 'x'.repeat(1 << 20),
];
const send = (line, after) => new Promise((resolve) => {
  let said = '';
  const socket = connect(process.env.GATEHOUSE_DELEGATION, () => socket.write(line + '\\n'));
  socket.on('data', (chunk) => {
    said += chunk.toString('latin1');
    if (after && said.includes('\\n')) socket.write(after);
  });
  socket.on('error', () => {});
  socket.on('close', () => resolve(said));
});
(async () => {
  for (const line of lines) console.log(JSON.parse(await send(line)).refused.code);
  await send(JSON.stringify(start), Buffer.from([19, 0, 0, 0, 0, 255, 255, 255, 255, 255]));
  console.log('closed');
})();
`;

escapeTest('a session reaches no other session’s delegation socket', {
  requirement: '[IDN-9]',
  async control(walls) {
    ongoing = walls.start('echo ready; read -r word');
    await ongoing.said('ready');
    expectLines(await walls.outside(`./probe connect-unix ${await socketOf(walls)} x`), ['connect-unix: OK']);
  },
  async attempt(walls) {
    const script = `./probe connect-unix ${await socketOf(walls)} x; GATEHOUSE_SESSION=0000-other-one gatehouse run -- echo mine`;
    const run = await walls.run(script);
    expectLines(run, ['connect-unix: ENOENT', 'mine']);
    ongoing.child.stdin?.end();
    return run;
  },
  async observe() {
    expect(children(await ongoing.ended)).toEqual([]);
  },
  audit(_, run) {
    // Whatever it calls itself: the socket says who asks.
    expect(children(run)).toEqual([
      { session: expect.any(String), actors: [{ session: run.sessionId, agent: 'generic' }] },
    ]);
  },
});

/** Where the socket of the one running session is, on the host. */
async function socketOf(walls: Walls): Promise<string> {
  const [session] = parseJsonLines((await walls.cli(['sessions', '--json'])).stdout) as { id: string }[];
  return path.join(walls.state, 'run', 's', session?.id ?? '', 'nested.sock');
}

const seconds = String(randomInt(100_000, 999_999));
const sleepers = async () => (await listProcesses()).filter(({ argv }) => argv[1] === seconds && argv[0] === 'sleep');
escapeTest('killing a session takes along what a session that it started had made a daemon', {
  requirement: '[RUN-3]',
  async control(walls) {
    const child = `setsid sh -c "exec sleep ${seconds}" & sleep 0; echo up; wait`;
    ongoing = walls.start(`gatehouse run -- sh -c '${child}' & wait`);
    await ongoing.said('up');
    await eventually(async () => (await sleepers()).length === 1, { what: 'the daemon' });
  },
  async attempt(walls) {
    const sessions = parseJsonLines((await walls.cli(['sessions', '--json'])).stdout) as {
      id: string;
      actors?: unknown;
    }[];
    const parent = sessions.find(({ actors }) => actors === undefined);
    expect((await walls.cli(['kill', parent?.id ?? ''])).status).toBe(0);
    return ongoing.ended;
  },
  async observe() {
    // The command answered when everything was gone: nothing is waited for here.
    expect(await sleepers()).toEqual([]);
  },
  audit(_, run) {
    const ends = run.events.filter(({ kind }) => kind === 'session.ended');
    expect(ends.map(({ detail }) => detail['reason'])).toEqual(['parent_ended', 'killed']);
  },
});

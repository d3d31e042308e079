import { randomBytes } from 'node:crypto';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { collect, openSandboxFixture, type SandboxFixture } from './sandbox-fixture.ts';

let fixture: SandboxFixture;
beforeAll(async () => {
  fixture = await openSandboxFixture();
});
afterAll(() => fixture.close());

test.each([
  ['exit 0', { status: 0 }],
  ['exit 7', { status: 7 }],
  ['exit 255', { status: 255 }],
  ['kill -TERM $$', { status: 143, signal: 'SIGTERM' }],
  ['kill -SEGV $$', { status: 139, signal: 'SIGSEGV' }],
  ['kill -KILL $$', { status: 137, signal: 'SIGKILL' }],
])('[RUN-1] the exit of `%s` comes through unchanged', async (script, exit) => {
  expect((await fixture.shell(script)).exit).toEqual(exit);
});

test('[RUN-1] standard output and error arrive apart and whole', async () => {
  const { stdout, stderr } = await fixture.shell(
    'echo out; echo err >&2; echo again > /dev/stdout; echo more > /dev/stderr',
  );
  expect(stdout.toString()).toBe('out\nagain\n');
  expect(stderr.toString()).toBe('err\nmore\n');
});

test('[RUN-1] five megabytes of random bytes pass through cat unchanged', async () => {
  const bytes = randomBytes(5 * 1024 * 1024);
  const session = await fixture.launch(['/bin/cat']);
  const delivered = collect(session);
  for (let at = 0; at < bytes.length; at += 65_536) await session.write(bytes.subarray(at, at + 65_536));
  session.end();
  const { exit, stdout } = await delivered;
  expect(exit).toEqual({ status: 0 });
  expect(stdout.equals(bytes)).toBe(true);
});

test('[RUN-1] a slow reader holds the agent back, and nothing is lost', async () => {
  const session = await fixture.launch(['/bin/sh', '-c', 'head -c 3000000 /dev/zero']);
  let bytes = 0;
  let inside = 0;
  let overlapping = 0;
  session.onOutput(async (_stream, piece) => {
    inside += 1;
    overlapping = Math.max(overlapping, inside);
    await new Promise<void>((resolve) => setImmediate(resolve));
    bytes += piece.length;
    inside -= 1;
  });
  await session.ended;
  expect(bytes).toBe(3_000_000);
  expect(overlapping).toBe(1);
});

test('[RUN-1] an agent that closes its input does not fail the writer', async () => {
  const session = await fixture.launch(['/bin/sh', '-c', 'exec <&-; echo closed; read line < /dev/null; exit 3']);
  const delivered = collect(session);
  await session.write(Buffer.alloc(16));
  session.end();
  expect((await delivered).exit.status).toBe(3);
});

test('[RUN-1] signals reach the command', async () => {
  const session = await fixture.launch([
    '/bin/sh',
    '-c',
    'trap "echo caught; exit 9" INT; echo ready; while :; do sleep 0.05; done',
  ]);
  const seen: string[] = [];
  session.onOutput((_stream, bytes) => {
    seen.push(Buffer.from(bytes).toString());
    if (seen.join('').includes('ready')) session.signal('INT');
  });
  expect((await session.ended).status).toBe(9);
  expect(seen.join('')).toContain('caught');
});

test('[RUN-1] the environment is the one asked for and nothing else', async () => {
  process.env['GATEHOUSE_TEST_CANARY'] = 'canary-in-the-supervisor';
  const environment = { PATH: '/usr/bin:/bin', ODD: 'a=b "c" $d\ne', EMPTY: '' };
  const { stdout } = await collect(await fixture.launch(['/bin/cat', '/proc/self/environ'], { environment }));
  const expected = Object.entries(environment).map(([name, value]) => `${name}=${value}\0`);
  expect(stdout.toString()).toBe(expected.join(''));
});

test('[RUN-1] arguments arrive as given, argv[0] apart from the path', async () => {
  const argv = ['my shell', '-c', 'printf "%s\\n" "$0" "$@"', 'zero', '', 'a b', '*', "it's", 'ü€'];
  const session = await fixture.launch([], { command: { path: '/bin/sh', argv } });
  const { stdout } = await collect(session);
  expect(stdout.toString()).toBe(`${argv.slice(3).join('\n')}\n`);
});

test('[RUN-1] what the session writes in the workspace belongs to the caller outside', async () => {
  const { exit } = await fixture.shell('echo made > made.txt; mkdir -p deep/er; echo x > deep/er/f; chmod 750 deep');
  expect(exit.status).toBe(0);
  const { uid, gid } = os.userInfo();
  for (const name of ['made.txt', 'deep', 'deep/er/f']) {
    const facts = await stat(path.join(fixture.workspace, name));
    expect([name, facts.uid, facts.gid]).toEqual([name, uid, gid]);
  }
  expect(await readFile(path.join(fixture.workspace, 'made.txt'), 'utf8')).toBe('made\n');
});

/** Lets one turn of the event loop take longer than a short session, as a busy supervisor's does. */
async function whileBusy<T>(work: () => Promise<T>): Promise<T> {
  const turns = setInterval(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100), 1);
  try {
    return await work();
  } finally {
    clearInterval(turns);
  }
}

test('[RUN-1] a session that is over before the supervisor looks loses neither output nor exit', async () => {
  const { exit, stdout } = await whileBusy(() => fixture.shell('echo said; exit 7'));
  expect([exit, stdout.toString()]).toEqual([{ status: 7 }, 'said\n']);
});

test('the reason of a refusal reaches a supervisor that is busy', async () => {
  await whileBusy(() =>
    expect(fixture.launch(['/usr/bin/no-such-command'])).rejects.toMatchObject({ data: { code: 'command_not_found' } }),
  );
});

test('a script without an interpreter line is run by the shell', async () => {
  const script = path.join(fixture.workspace, 'plain');
  await writeFile(script, 'echo plain $1\n');
  await chmod(script, 0o755);
  const { stdout } = await collect(await fixture.launch([script, 'one']));
  expect(stdout.toString()).toBe('plain one\n');
});

test.each([
  ['a command that does not exist', ['/usr/bin/no-such-command'], {}, 'command_not_found'],
  ['a folder as command', ['/usr'], {}, 'sandbox_failed'],
  ['a working folder that is not there', ['/bin/true'], { cwd: '/no/such/folder' }, 'sandbox_failed'],
  [
    'a bind that does not exist',
    ['/bin/true'],
    { binds: [{ path: '/no/such/folder', mode: 'read-only' as const, reason: 'test' }] },
    'sandbox_failed',
  ],
])('%s is refused', async (_what, argv, change, code) => {
  await expect(fixture.launch(argv, change)).rejects.toMatchObject({ data: { code } });
});

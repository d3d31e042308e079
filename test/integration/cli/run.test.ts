import { once } from 'node:events';
import { mkdir, realpath } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { distFolder, parseJsonLines, runCommand, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

let home: TempHome;
beforeAll(async () => {
  home = await openTempHome();
});
afterAll(() => home.close());

const run = (command: readonly string[], options: Parameters<TempHome['run']>[1] = {}) =>
  home.run(['run', '--', ...command], options);

/** Starts a session whose command says `ready`, and collects what it prints. */
async function startRunning(script: string) {
  const child = startGatehouse(['run', '--', 'bash', '-c', script], {
    cwd: home.workspace,
    environment: home.environment,
  });
  let output = '';
  let errors = '';
  child.stdout?.on('data', (chunk) => {
    output += String(chunk);
  });
  child.stderr?.on('data', (chunk) => {
    errors += String(chunk);
  });
  await eventually(() => output.includes('ready'), { what: 'the session to say that it is ready' });
  return { child, output: () => output, errors: () => errors, ended: once(child, 'close') };
}

describe('[RUN-1] a run is as the command itself', () => {
  test.each([
    [['true'], 0],
    [['false'], 1],
    [['sh', '-c', 'exit 42'], 42],
    [['sh', '-c', 'exit 255'], 255],
    [['sh', '-c', 'kill -TERM $$'], 143],
    [['sh', '-c', 'kill -KILL $$'], 137],
  ])('%j ends with %d', async (command, status) => {
    expect(await run(command)).toMatchObject({ status, stdout: '', stderr: '' });
  });

  test('standard output and standard error stay apart', async () => {
    expect(await run(['sh', '-c', 'echo out; echo err >&2'])).toMatchObject({ stdout: 'out\n', stderr: 'err\n' });
  });

  test('it runs in the folder it was called in', async () => {
    const folder = path.join(home.workspace, 'a b');
    await mkdir(folder);
    expect((await run(['pwd'], { cwd: folder })).stdout).toBe(`${await realpath(folder)}\n`);
  });

  test('every byte goes through, in both directions', async () => {
    const bytes = Buffer.alloc(1_000_000, Buffer.from(Array.from({ length: 256 }, (_, index) => index)));
    const here = await runCommand('sha256sum', [], { ...atHome(), stdin: bytes });
    expect((await run(['sha256sum'], { stdin: bytes })).stdout).toBe(here.stdout);
    const back = await runCommand('bash', ['-c', `"$@" | sha256sum`, 'bash', ...gatehouseCommand('run', '--', 'cat')], {
      ...atHome(),
      stdin: bytes,
    });
    expect(back).toMatchObject({ stdout: here.stdout, stderr: '' });
  });

  test('a reader that goes away ends the session', async () => {
    const words = [...gatehouseCommand('run', '--', 'yes')];
    const piped = await runCommand(
      'bash',
      ['-c', `"$@" | head -n 1; echo "\${PIPESTATUS[0]}"`, 'bash', ...words],
      atHome(),
    );
    expect(piped.stdout).toBe('y\n141\n');
    expect((await home.run(['sessions', '--json'])).stdout).toBe('');
  });

  test.each([
    [['run', '--', 'no-such-command-here'], 127, 'no-such-command-here'],
    [['run', '--workspace', '/', '--', 'true'], 126, 'cannot be a workspace'],
    [['run', '--grant', 'bogus:x', '--', 'true'], 125, 'bogus'],
    [['run', '--task-id', 't-00000000', '--', 'true'], 125, 't-00000000'],
    [['run', '--no-such-option', '--', 'true'], 125, "Unknown option '--no-such-option'."],
  ])('%j is refused with %d, in one line', async (words, status, message) => {
    const finished = await home.run(words);
    expect(finished).toMatchObject({ status, stdout: '' });
    expect(finished.stderr).toContain(message);
    expect(finished.stderr).toMatch(/^gatehouse: [^\n]+\n$/u);
  });

  test('variables travel only when they are named, and a secret is warned about', async () => {
    const environment = { ...home.environment, GREETING: 'hello', SOME_API_KEY: 'k-0123456789abcdef0123456789abcdef' };
    const names = 'printenv GREETING || echo none; printenv SOME_API_KEY || echo none';
    expect((await run(['sh', '-c', names], { environment })).stdout).toBe('none\nnone\n');
    const passed = await home.run(['run', '--env', 'GREETING', '--env', 'SOME_API_KEY', '--', 'sh', '-c', names], {
      environment,
    });
    expect(passed.stdout).toBe('hello\nk-0123456789abcdef0123456789abcdef\n');
    expect(passed.stderr).toMatch(/^gatehouse: .*SOME_API_KEY/mu);
  });

  test('--json tells output, events and the end as objects', async () => {
    const finished = await home.run([
      'run',
      '--json',
      '--',
      'sh',
      '-c',
      'printf "h\\303\\251"; printf "\\377" >&2; exit 3',
    ]);
    expect(finished.status).toBe(3);
    const objects = parseJsonLines(finished.stdout);
    expect(objects[0]).toMatchObject({ type: 'session', session: { state: expect.any(String), tty: false } });
    expect(objects).toContainEqual({ type: 'stdout', encoding: 'utf8', data: 'hé' });
    expect(objects).toContainEqual({ type: 'stderr', encoding: 'base64', data: '/w==' });
    expect(objects).toContainEqual(
      expect.objectContaining({ type: 'event', event: expect.objectContaining({ kind: 'session.ended' }) }),
    );
    expect(objects.at(-1)).toMatchObject({ type: 'end', exit: { status: 3 }, endReason: 'exited' });
  });

  test('with --json a failure is an object too', async () => {
    const finished = await home.run(['run', '--json', '--', 'no-such-command-here']);
    expect(parseJsonLines(finished.stdout)).toEqual([
      { type: 'error', error: expect.objectContaining({ code: 'command_not_found' }) },
    ]);
  });
});

describe('[RUN-3] ending', () => {
  test('an interrupt reaches the agent', async () => {
    const { child, output, ended } = await startRunning(
      'trap "echo interrupted; exit 9" INT; echo ready; while :; do sleep 0.1; done',
    );
    child.kill('SIGINT');
    expect(await ended).toEqual([9, null]);
    expect(output()).toBe('ready\ninterrupted\n');
  });

  test('[RUN-1] SIGTERM reaches it as well', async () => {
    const { child, output, ended } = await startRunning(
      'trap "echo asked; exit 8" TERM; echo ready; while :; do sleep 0.1; done',
    );
    child.kill('SIGTERM');
    expect(await ended).toEqual([8, null]);
    expect(output()).toBe('ready\nasked\n');
  });

  test.each([
    ['stop', 'stopped', 143],
    ['kill', 'killed', 137],
  ])('%s ends a session by the beginning of its id', async (how, word, status) => {
    const { errors, ended } = await startRunning('echo ready; exec sleep 1000');
    const [session] = parseJsonLines((await home.run(['sessions', '--json'])).stdout) as { id: string }[];
    const id = session?.id ?? '';
    const finished = await home.run([how, id.slice(0, 9)]);
    expect(finished).toMatchObject({ status: 0, stdout: `${id} ${word}\n` });
    expect(await ended).toEqual([status, null]);
    expect(errors()).toContain(`${id} was ${word}.`);
    expect((await home.run(['sessions'])).stderr).toContain('no session is running');
    expect((await home.run(['sessions', '--all'])).stdout).toContain(id);
  });

  test('stop --all ends every session', async () => {
    const all = await Promise.all([
      startRunning('echo ready; exec sleep 1000'),
      startRunning('echo ready; exec sleep 1000'),
    ]);
    const stopped = parseJsonLines((await home.run(['stop', '--all', '--json'])).stdout);
    expect(stopped).toHaveLength(2);
    for (const { ended } of all) expect(await ended).toEqual([143, null]);
  });

  test('[RUN-6] a client that is killed takes its session along', async () => {
    const { child, ended } = await startRunning('echo ready; exec sleep 1000');
    child.kill('SIGKILL');
    await ended;
    await eventually(async () => (await home.run(['sessions', '--json'])).stdout === '', {
      what: 'the session to end',
    });
  });

  test('a session that is not there is said to be so', async () => {
    const finished = await home.run(['stop', 'ffff-no-such']);
    expect(finished.status).toBe(1);
    expect(finished.stderr).toMatch(/^gatehouse: .+\n$/u);
  });
});

describe('[GRT-2] tasks and grants', () => {
  test('runs join a task until it ends', async () => {
    const made = await home.run(['task', 'new', 'Fix the checkout bug', '--for', '2h']);
    const id = made.stdout.trim();
    expect(id).toMatch(/^t-[0-9a-f]{8}$/u);
    const notes = path.join(home.home, 'notes');
    await mkdir(notes);
    const joined = await home.run(['run', '--task-id', id, '--grant', `file.read:${notes}`, '--', 'ls', notes]);
    expect(joined).toMatchObject({ status: 0, stderr: '' });
    expect((await home.run(['task', 'list'])).stdout).toContain('Fix the checkout bug');
    expect((await home.run(['grants', 'list'])).stdout).toMatch(/file\.read:\S*notes +t-[0-9a-f]{8} +person/u);
    expect((await home.run(['task', 'end', id])).stdout).toBe(`${id} ended\n`);
    expect((await home.run(['run', '--task-id', id, '--', 'true'])).status).toBe(126);
  });
});

function atHome() {
  return { cwd: home.workspace, environment: home.environment };
}

function gatehouseCommand(...words: string[]): string[] {
  return [process.execPath, path.join(distFolder, 'gatehouse.js'), ...words];
}

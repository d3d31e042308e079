import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Session } from '#contract/session.ts';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import { parseJsonLines, runCommand, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { awaitCode, eventsOf, fetchOf, openAgent, openGatehouse, startServer, typeUntil } from '../approvals/asking.ts';

let home: TempHome;
beforeAll(async () => {
  home = await openTempHome();
});
afterAll(() => home.close());

const leave = '\x1cd';
/** Echoes each line it is given with a word in front, says every new size of its terminal, and ends with status 9. */
const agent = `
import os, signal, sys, termios

def size(*_):
    columns, rows = os.get_terminal_size()
    print(rows, columns, flush=True)

signal.signal(signal.SIGWINCH, size)
modes = termios.tcgetattr(0)
modes[3] &= ~termios.ECHO
termios.tcsetattr(0, termios.TCSANOW, modes)
print('\\033[?2004hready', flush=True)
while True:
    line = sys.stdin.readline().rstrip('\\n')
    if line == 'exit':
        sys.exit(9)
    print('got', line, flush=True)
`;

async function running(): Promise<Session[]> {
  return parseJsonLines((await home.run(['sessions', '--json'])).stdout) as Session[];
}

/** The one session that runs, once so many clients are attached. */
function awaitClients(count: number, id = ''): Promise<Session> {
  return eventually(
    async () => (await running()).find((session) => session.viewers === count && session.id.startsWith(id)),
    { what: `${count} clients` },
  );
}

/** Calls `session.attach` from a program started by `starter`. */
async function askToAttach(starter: readonly string[], id: string): Promise<unknown> {
  const script = [
    'import socket, sys',
    'connection = socket.socket(socket.AF_UNIX)',
    'connection.connect("control.sock")',
    'connection.sendall(sys.argv[1].encode() + b"\\n")',
    'print(connection.makefile().readline())',
  ].join('\n');
  const call = { jsonrpc: '2.0', id: 1, method: 'session.attach', params: { id, readOnly: false } };
  const [file = '', ...args] = [...starter, '/usr/bin/python3', '-c', script, JSON.stringify(call)];
  const cwd = path.dirname(statePaths({ GATEHOUSE_HOME: home.state }).controlSocket);
  const { stdout } = await runCommand(file, args, { cwd, environment: home.environment });
  return JSON.parse(stdout);
}

const says = (terminal: { text(): string }, text: string) =>
  eventually(() => terminal.text().includes(text), { what: `"${text}" on the screen` });

describe('[RUN-1] leaving a session and attaching again', () => {
  test('it goes on, shows what it printed to whoever comes, takes both sizes and keys, and its exit status comes to all', async () => {
    const first = openGatehouse(home, 'run', '--', '/usr/bin/python3', '-c', agent);
    await says(first, 'ready');
    first.type('before\n');
    await says(first, 'got before');
    // The keys one by one; what only begins like them reaches the agent.
    first.type('\x1c');
    first.type('d');
    expect(await first.exited).toMatchObject({ status: 0 });
    expect(first.text()).toMatch(/left \S+, which goes on; attach again with: gatehouse attach \S+/u);
    const { id } = await awaitClients(0);

    const second = openGatehouse(home, 'attach', id.slice(0, 4));
    await says(second, 'got before');
    second.type('again\n');
    await says(second, 'got again');
    second.resize(70, 20);
    await says(second, '20 70');
    const watcher = openGatehouse(home, 'attach', id, '--read-only');
    await says(watcher, 'got again');
    const third = openGatehouse(home, 'attach');
    // A new client makes the agent draw for its size, and has it afterwards.
    await says(third, '30 100');
    await awaitClients(3, id);
    watcher.type('not heard\n');
    third.type('from the third\n');
    for (const each of [second, watcher, third]) await says(each, 'got from the third');
    third.type(leave);
    expect(await third.exited).toMatchObject({ status: 0 });
    await eventually(() => second.text().lastIndexOf('20 70') > second.text().lastIndexOf('30 100'), {
      what: 'the size of the client that is left',
    });
    second.type('exit\n');
    expect((await Promise.all([second.exited, watcher.exited])).map(({ status }) => status)).toEqual([9, 9]);
    expect(second.text()).not.toContain('not heard');

    const attached = (await eventsOf(home, 'session.attached')).map(({ detail }) => detail['readOnly']);
    expect(attached).toEqual([false, true, false]);
    const left = (await eventsOf(home, 'session.detached')).map(({ detail }) => detail);
    expect(left).toEqual([
      { why: 'asked', readOnly: false, pid: first.pid },
      { why: 'asked', readOnly: false, pid: third.pid },
    ]);
    const gone = await home.run(['attach', id]);
    expect(gone).toMatchObject({ status: 1 });
    expect(gone.stderr).toContain('No session');
  });

  test('started detached it prints its id; a client that stops reading is let go, and holds up neither agent nor others', async () => {
    const script =
      'while [ ! -e go ]; do sleep 0.05; done; seq 1 900000; echo done >&2; while [ ! -e end ]; do sleep 0.05; done; exit 5';
    const started = await home.run(['run', '--detach', '--', 'sh', '-c', script]);
    const id = started.stdout.trim();
    expect(id).toMatch(/^[0-9a-f]{4}-[a-z]+-[a-z]+$/u);
    const options = { cwd: home.workspace, environment: home.environment };
    const stuck = startGatehouse(['attach', id], options);
    const stuckClosed = once(stuck, 'close');
    let stuckSaid = '';
    await awaitClients(1, id);
    stuck.kill('SIGSTOP');
    const quick = startGatehouse(['attach', id], options);
    const quickClosed = once(quick, 'close');
    let said = '';
    let noise = '';
    quick.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    quick.stderr?.setEncoding('utf8').on('data', (text: string) => {
      noise += text;
    });
    await awaitClients(2, id);
    await writeFile(path.join(home.workspace, 'go'), '');
    await eventually(() => noise.includes('done'), { what: 'everything to be printed' });
    await awaitClients(1, id);
    stuck.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stuckSaid += text;
    });
    stuck.stdout?.resume();
    stuck.kill('SIGCONT');
    expect((await stuckClosed)[0]).toBe(125);
    expect(stuckSaid).toContain(`attach again with: gatehouse attach ${id}`);
    await writeFile(path.join(home.workspace, 'end'), '');
    expect((await quickClosed)[0]).toBe(5);
    expect(said).toBe(Array.from({ length: 900_000 }, (_, at) => `${at + 1}\n`).join(''));
    expect((await eventsOf(home, 'session.detached')).at(-1)?.detail).toMatchObject({ why: 'behind', readOnly: true });
  });

  test('a client that vanishes ends it as before, unless it was to be kept', async () => {
    const vanishing = openGatehouse(home, 'run', '--', 'bash', '-c', 'echo up; exec sleep 600');
    await says(vanishing, 'up');
    process.kill(vanishing.pid, 'SIGHUP');
    expect(await vanishing.exited).toMatchObject({ status: 129 });
    await eventually(async () => (await running()).length === 0, { what: 'the session to end' });
    expect((await eventsOf(home, 'session.ended')).at(-1)?.detail).toMatchObject({ reason: 'client_gone' });
    const kept = await openAgent(home, '--keep');
    kept.kill();
    const { id } = await awaitClients(0);
    expect((await eventsOf(home, 'session.detached')).at(-1)?.detail).toMatchObject({ why: 'gone' });

    // Whoever has the socket: outside every sandbox it gets a token, inside one of its own it does not, though it is the same user.
    const before = (await eventsOf(home, 'session.attached')).length;
    expect(await askToAttach([], id)).toHaveProperty('result.streamToken');
    expect(await askToAttach(['unshare', '--user', '--map-root-user'], id)).toHaveProperty(
      'error.data.code',
      'attach_refused',
    );
    expect(await eventsOf(home, 'session.attached')).toHaveLength(before + 1);

    // Its questions are asked where somebody is attached, on every terminal with a code of its own, and an answer counts for all.
    const terminals = [openGatehouse(home, 'attach', id), openGatehouse(home, 'attach', id)] as const;
    await awaitClients(2, id);
    const { port, seen, close } = await startServer();
    terminals[0].type(fetchOf(port, '/asked', 'result'));
    const codes = await Promise.all(terminals.map((terminal) => awaitCode(terminal)));
    expect(codes[0]).not.toBe(codes[1]);
    const allowed = () => terminals.every((terminal) => terminal.text().includes('result=200'));
    await typeUntil(terminals[1], `once ${codes[1]}\r`, allowed, 'the call to go through');
    expect(seen).toEqual(['/asked']);
    close();
    expect((await home.run(['stop', id])).status).toBe(0);
    await Promise.all(terminals.map(({ exited }) => exited));
  });

  test('a transcript only when asked for: marked sensitive, for the person alone, on record, and removed', async () => {
    const ran = await home.run([
      'run',
      '--transcript',
      '--',
      'sh',
      '-c',
      'printf "a\\303"; printf "\\251b\\n"; echo c >&2',
    ]);
    const path = /secrets are in it, to (\S+)/u.exec(ran.stderr)?.[1] ?? '';
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    const [header, ...events] = parseJsonLines(await readFile(path, 'utf8')) as [
      { title: string },
      ...[number, string, string][],
    ];
    expect(header).toMatchObject({ version: 2, title: expect.stringContaining('SENSITIVE') });
    const text = (kind: string) => events.flatMap(([, each, part]) => (each === kind ? [part] : [])).join('');
    expect([text('o'), text('e')]).toEqual(['a\u00e9b\n', 'c\n']);
    expect(
      (await eventsOf(home, 'session.starting')).map(({ detail }) => detail['transcript'] === true).filter(Boolean),
    ).toEqual([true]);
    const listed = parseJsonLines((await home.run(['transcripts', '--json'])).stdout) as {
      path: string;
      session: string;
    }[];
    expect(listed.map((each) => each.path)).toEqual([path]);
    expect((await home.run(['transcripts', 'remove', listed[0]?.session ?? ''])).status).toBe(0);
    await expect(stat(path)).rejects.toThrow('ENOENT');
    expect(await eventsOf(home, 'transcript.removed')).toHaveLength(1);
  });

  test('nothing of what it printed is on disk', async () => {
    const secret = `only-shown-${process.pid}-${Date.now()}`;
    const half = Math.floor(secret.length / 2);
    // In two parts, so that the command itself does not name it.
    const script = `printf '%s' '${secret.slice(0, half)}'; echo '${secret.slice(half)}'`;
    const { stdout } = await home.run(['run', '--', 'sh', '-c', script]);
    expect(stdout).toContain(secret);
    await home.run(['supervisor', 'stop', '--force']);
    for (const name of ['audit.db', 'state.db', 'supervisor.log']) {
      expect((await readFile(path.join(home.state, 'state', name))).includes(secret), name).toBe(false);
    }
  });
});

import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exposedSocketPath } from '../../../main/core/sandbox/exposed-socket.ts';
import { converse, openSandboxFixture, type SandboxFixture } from './sandbox-fixture.ts';

/* The same program with the address and undefined-behaviour sanitizers: any finding ends it with a report instead of the answer. */
let fixture: SandboxFixture;
beforeAll(async () => {
  fixture = await openSandboxFixture({ sanitize: true });
});
afterAll(() => fixture.close());

/** Inside: what comes goes back, until standard input ends. */
const echoServer = `
import socket, sys, threading
def echo(one):
    while True:
        piece = one.recv(65536)
        if not piece: break
        one.sendall(piece)
    one.close()
def accept(server):
    while True: threading.Thread(target=echo, args=[server.accept()[0]], daemon=True).start()
def serve(place, family):
    server = socket.create_server(place, family=family)
    threading.Thread(target=accept, args=[server], daemon=True).start()
    print('ready', flush=True)
    sys.stdin.read()
`;

test('the sanitizers find nothing in a session with pipes, a relay, links and hidden places', async () => {
  fixture.onEgress((socket) => {
    socket.once('data', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\nhello');
      socket.end();
    });
  });
  const { exit, stdout, stderr } = await fixture.shell(
    `python3 -c "
import socket
print(socket.create_connection(('127.0.0.1', 5173)).recv(100).decode())
"; ~/bin/tool; exit 3`,
    {
      relays: [{ host: '127.0.0.1', port: 5173 }],
      links: [{ at: `${fixture.home}/bin/tool`, target: '/bin/true' }],
      limits: { openFiles: 512 },
    },
  );
  expect([exit.status, stdout.toString(), stderr.toString()]).toEqual([3, 'hello\n', '']);
});

test('nor in one that is reached from outside, when a client comes, when none is served, and when clients go', async () => {
  const request = await fixture.request({
    command: {
      path: '/usr/bin/python3',
      argv: ['python3', '-c', `${echoServer}\nserve(('::1', 5174), socket.AF_INET6)`],
    },
    exposed: [5173, 5174],
  });
  const session = await fixture.sandbox.launch(request);
  const talk = converse(session);
  await talk.until(/ready/);
  const answers: string[] = [];
  for (const [port, bytes] of [
    [5174, 'a'.repeat(1_000_000)],
    [5173, 'nobody'],
    [5174, ''],
    [5174, 'again'],
  ] as const) {
    const client = connect({ path: exposedSocketPath(request.runtimeFolder, port), allowHalfOpen: true });
    client.on('error', () => undefined);
    client.end(bytes);
    let answer = '';
    client.setEncoding('latin1').on('data', (text: string) => {
      answer += text;
    });
    await new Promise((resolve) => client.once('close', resolve));
    answers.push(answer);
  }
  expect(answers).toEqual(['a'.repeat(1_000_000), '', '', 'again']);
  session.end();
  expect(await session.ended).toEqual({ status: 0 });
});

test('nor in a terminal session', async () => {
  const session = await fixture.launch(['/bin/sh', '-c', 'stty size; read line; echo got $line'], {
    terminal: { columns: 80, rows: 24 },
  });
  const talk = converse(session);
  await talk.until(/24 80/);
  await talk.type('something\n');
  await talk.until(/got something/);
  expect(await session.ended).toEqual({ status: 0 });
});

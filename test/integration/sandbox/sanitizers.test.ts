import { afterAll, beforeAll, expect, test } from 'vitest';
import { converse, openSandboxFixture, type SandboxFixture } from './sandbox-fixture.ts';

/* The same program with the address and undefined-behaviour sanitizers: any finding ends it with a report instead of the answer. */
let fixture: SandboxFixture;
beforeAll(async () => {
  fixture = await openSandboxFixture({ sanitize: true });
});
afterAll(() => fixture.close());

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

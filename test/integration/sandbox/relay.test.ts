import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openSandboxFixture, type SandboxFixture } from './sandbox-fixture.ts';

let fixture: SandboxFixture;
beforeAll(async () => {
  fixture = await openSandboxFixture();
});
afterAll(() => fixture.close());

const echo = (socket: Socket) => socket.pipe(socket);

/** A client inside: sends `bytes`, half-closes, and prints the digest of what came back. */
const client = `
import hashlib, socket, sys, threading
host, port, size = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.create_connection((host, port))
data = b'0123456789abcdef' * (size // 16)
def send():
    s.sendall(data); s.shutdown(socket.SHUT_WR)
threading.Thread(target=send).start()
digest, count = hashlib.sha256(), 0
while True:
    piece = s.recv(65536)
    if not piece: break
    digest.update(piece); count += len(piece)
print(count, digest.hexdigest())
`;

async function withClient(): Promise<void> {
  await writeFile(path.join(fixture.workspace, 'client.py'), client);
}

function expected(size: number): string {
  const data = Buffer.from('0123456789abcdef'.repeat(size / 16));
  return `${size} ${createHash('sha256').update(data).digest('hex')}\n`;
}

test('[GRT-1] the proxy port inside leads to the egress socket, both ways, with half-close', async () => {
  await withClient();
  fixture.onEgress(echo);
  for (const size of [16, 8 * 1024 * 1024]) {
    const { stdout, stderr } = await fixture.shell(`python3 client.py 127.0.0.1 18080 ${size}`);
    expect([stdout.toString(), stderr.toString()]).toEqual([expected(size), '']);
  }
});

test('many connections at once', async () => {
  await withClient();
  fixture.onEgress(echo);
  const script = 'for i in 1 2 3 4 5 6 7 8 9 10 11 12; do python3 client.py 127.0.0.1 18080 262144 & done; wait';
  const { stdout } = await fixture.shell(script);
  expect(stdout.toString()).toBe(expected(262_144).repeat(12));
});

test('[GRT-1] a granted loopback port asks egress with CONNECT and passes on what follows', async () => {
  await withClient();
  let asked = '';
  fixture.onEgress((socket) => {
    socket.once('data', (head) => {
      asked = head.toString();
      socket.write('HTTP/1.1 200 Connection established\r\nX-Some: header\r\n\r\n');
      socket.pipe(socket);
    });
  });
  const { stdout } = await fixture.shell('python3 client.py 127.0.0.1 5173 65536', {
    relays: [{ host: '127.0.0.1', port: 5173 }],
  });
  expect(asked).toBe('CONNECT 127.0.0.1:5173 HTTP/1.1\r\nHost: 127.0.0.1:5173\r\n\r\n');
  expect(stdout.toString()).toBe(expected(65_536));
});

test('[GRT-1] IPv6 loopback is asked for in brackets', async () => {
  await withClient();
  let asked = '';
  fixture.onEgress((socket) => {
    socket.once('data', (head) => {
      asked = head.toString();
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(socket);
    });
  });
  const { stdout } = await fixture.shell('python3 client.py ::1 5173 1024', { relays: [{ host: '::1', port: 5173 }] });
  expect(asked).toContain('CONNECT [::1]:5173 HTTP/1.1\r\n');
  expect(stdout.toString()).toBe(expected(1024));
});

test.each([
  ['a refusal', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nsecret'],
  ['an endless header', `HTTP/1.1 200 OK\r\nX: ${'a'.repeat(20_000)}`],
  ['something else', `${randomBytes(64).toString('latin1')}\r\n\r\n`],
])('[GRT-1] %s from egress closes the granted port’s connection with nothing delivered', async (_what, answer) => {
  fixture.onEgress((socket) => socket.once('data', () => socket.write(Buffer.from(answer, 'latin1'))));
  const script = `python3 -c "
import socket
s = socket.create_connection(('127.0.0.1', 5173))
try:
    print(len(s.recv(100)))
except OSError:
    print(0)
"`;
  const { stdout } = await fixture.shell(script, { relays: [{ host: '127.0.0.1', port: 5173 }] });
  expect(stdout.toString()).toBe('0\n');
});

test('[GRT-1] there is no other way out: no route, no name, no host loopback', async () => {
  const script = `python3 -c "
import socket
for where in [('192.0.2.1', 80), ('127.0.0.1', 1), ('::1', 1)]:
    try:
        socket.create_connection(where, 5); print('reached')
    except OSError as error: print('closed')
try:
    socket.getaddrinfo('example.com', 80); print('resolved')
except OSError: print('unknown')
"`;
  const { stdout } = await fixture.shell(script);
  expect(stdout.toString()).toBe('closed\nclosed\nclosed\nunknown\n');
});

import { type ChildProcess, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import type { ExposedPort } from '#contract/exposed-port.ts';
import { type Session, sessionSchema } from '#contract/session.ts';
import { parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { skipUnless } from '../../helpers/skip.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

/** Inside: HTTP on 127.0.0.1 and on ::1 alone. What is posted comes back, and an upgrade becomes an echo. */
const server = `
import socket, threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    def answer(self, body):
        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()
        self.wfile.write(body)
    def do_GET(self):
        if self.headers.get('Upgrade'):
            self.send_response(101); self.send_header('Upgrade', 'echo'); self.end_headers()
            while True:
                piece = self.rfile.read1(65536)
                if not piece: break
                self.wfile.write(piece)
            self.close_connection = True
        else:
            self.answer(b'hello ' + self.path.encode())
    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers['Content-Length'])))
    def log_message(self, *words): pass

class Four(ThreadingHTTPServer):
    request_queue_size = 64

class Six(Four):
    address_family = socket.AF_INET6

for one in [Four(('127.0.0.1', 7001), Handler), Six(('::1', 7002), Handler)]: threading.Thread(target=one.serve_forever).start()
print('ready', flush=True)
`;

let home: TempHome;
let child: ChildProcess;
let session: Session;
beforeAll(async () => {
  home = await openTempHome();
  await writeFile(path.join(home.workspace, 'server.py'), server);
  child = startGatehouse(
    ['run', '--expose', '0:7001', '--expose', '0:7002', '--expose', '0:7003', '--', 'python3', 'server.py'],
    // The system's own Python: what a person has in their home need not be whole.
    { environment: { ...home.environment, PATH: '/usr/local/bin:/usr/bin:/bin' }, cwd: home.workspace },
  );
  let said = '';
  let told = '';
  child.stdout?.on('data', (bytes) => {
    said += String(bytes);
  });
  child.stderr?.on('data', (bytes) => {
    told += String(bytes);
  });
  await eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${told}`);
      return said.includes('ready');
    },
    { what: 'the servers inside', deadlineMs: 60_000 },
  );
  const { stdout } = await home.run(['sessions', '--json']);
  session = sessionSchema.parse(parseJsonLines(stdout)[0]);
  for (const { hostPort, port } of session.exposed ?? []) {
    expect(told).toContain(`http://127.0.0.1:${hostPort} reaches port ${port} of this session`);
  }
}, 120_000);
afterAll(() => home.close());

/** The port of the host that leads to one inside. */
function hostPort(port: number): number {
  const found = session.exposed?.find((each) => each.port === port);
  if (found === undefined) throw new Error(`port ${port} is not exposed`);
  return found.hostPort;
}

async function events(query: string): Promise<AuditEvent[]> {
  const { stdout } = await home.run(['log', query, '--json']);
  return parseJsonLines(stdout) as AuditEvent[];
}

async function received(socket: Socket): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of socket) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** However it ended. */
const gone = (socket: Socket) => new Promise((resolve) => socket.once('close', resolve));
const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('[RUN-7] a server inside answers the person on the host’s loopback, on whichever loopback it listens inside', async () => {
  for (const port of [7001, 7002]) {
    const answer = await fetch(`http://127.0.0.1:${hostPort(port)}/${port}`);
    expect([answer.status, await answer.text()]).toEqual([200, `hello /${port}`]);
  }
  const listed = await home.run(['sessions']);
  for (const port of [7001, 7002, 7003]) expect(listed.stdout).toContain(`:${hostPort(port)} → ${port}`);
});

test('large bodies pass both ways, and many connections at a time', async () => {
  const body = randomBytes(24 * 1024 * 1024);
  const answer = await fetch(`http://127.0.0.1:${hostPort(7001)}/`, { method: 'POST', body });
  expect(digest(await answer.bytes())).toBe(digest(body));
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, index) => {
      const one = await fetch(`http://127.0.0.1:${hostPort(7001)}/${index}`, { headers: { connection: 'close' } });
      return one.text();
    }),
  );
  expect(answers).toEqual(answers.map((_, index) => `hello /${index}`));
});

test('an upgraded connection carries any bytes, and each direction ends on its own', async () => {
  const socket = connect({ host: '127.0.0.1', port: hostPort(7001), allowHalfOpen: true });
  const bytes = randomBytes(1024 * 1024);
  socket.write('GET /socket HTTP/1.1\r\nHost: x\r\nUpgrade: echo\r\nConnection: Upgrade\r\n\r\n');
  const all = received(socket);
  socket.end(bytes);
  const answer = await all;
  const end = answer.indexOf('\r\n\r\n') + 4;
  expect(answer.subarray(0, 12).toString()).toBe('HTTP/1.1 101');
  expect(digest(answer.subarray(end))).toBe(digest(bytes));
});

test('where nothing listens inside yet, the connection is closed and the others go on', async () => {
  const socket = connect({ host: '127.0.0.1', port: hostPort(7003) });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.resume();
  await gone(socket);
  expect((await fetch(`http://127.0.0.1:${hostPort(7001)}/after`)).status).toBe(200);
});

test('[RUN-7] it listens on loopback addresses alone', async () => {
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
  const hex = hostPort(7001).toString(16).toUpperCase().padStart(4, '0');
  const listening = tables
    .join('')
    .split('\n')
    .map((line) => line.trim().split(/\s+/u))
    .filter(([, local = '', , state]) => state === '0A' && local.endsWith(`:${hex}`))
    .map(([, local = '']) => local.split(':')[0]);
  expect(listening).toContain('0100007F');
  // ::1 may belong to somebody else.
  for (const address of listening) expect(['0100007F', '00000000000000000000000001000000']).toContain(address);
});

skipUnless(process.getuid?.() === 0, 'only root can become another user')(
  '[RUN-7] a process of another user is turned away, on record',
  async () => {
    const port = hostPort(7001);
    const script = `import socket; s = socket.create_connection(('127.0.0.1', ${port})); s.sendall(b'GET / HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n'); print(len(s.recv(1)))`;
    const run = (uid: number) =>
      spawnSync('python3', ['-c', script], { uid, cwd: '/', env: { PATH: '/usr/local/bin:/usr/bin:/bin' } });
    expect(run(0).stdout.toString()).toBe('1\n');
    expect(run(65_534).stderr.toString()).toMatch(/ConnectionResetError|BrokenPipeError/u);
    const denied = await eventually(async () => (await events('reason:other_user'))[0], {
      what: 'the refusal on record',
    });
    expect(denied).toMatchObject({ session: session.id, decision: 'deny', detail: { protocol: 'exposed' } });
  },
);

test.each<[what: string, expose: (taken: number) => string[], says: RegExp]>([
  [
    'another program has the port',
    (taken) => [`${taken}:7001`],
    /^gatehouse: Port \d+ of 127\.0\.0\.1 cannot be had\..*--expose 0:7001 takes any/su,
  ],
  ['another session exposes it', () => [`${hostPort(7001)}:80`], /cannot be had\..*another session exposes it/su],
  ['one port twice', () => ['0:80', '0:80'], /Port 80 of the session is exposed twice/u],
  ['two ports on one', (taken) => [`${taken}:80`, `${taken}:81`], /Two ports of the session are exposed on port/u],
])('[RUN-7] the start is refused when %s', async (_what, expose, says) => {
  const other = createServer();
  other.listen(0, '127.0.0.1');
  await once(other, 'listening');
  const address = other.address();
  const taken = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const options = expose(taken).flatMap((spec) => ['--expose', spec]);
  const { status, stdout, stderr } = await home.run(['run', ...options, '--', 'echo', 'ran']);
  other.close();
  expect([status, stdout]).toEqual([125, '']);
  expect(stderr).toMatch(says);
});

test('[RUN-7] opening is on record before it, what went through after it, and nothing listens when the session is over', async () => {
  const idle = connect({ host: '127.0.0.1', port: hostPort(7001) });
  idle.on('error', () => undefined);
  await once(idle, 'connect');
  const closed = gone(idle);
  idle.resume();
  const ended = once(child, 'close');
  await home.run(['kill', '--all']);
  await Promise.all([ended, closed]);
  const opened = await events('kind:port.exposed');
  const exposed = opened.map(({ detail }) => detail as unknown as ExposedPort);
  expect(exposed.toSorted((a, b) => a.port - b.port)).toEqual(session.exposed);
  const [started] = await events(`kind:session.started session:${session.id}`);
  for (const { seq } of opened) expect(seq).toBeLessThan(started?.seq ?? 0);
  const reports = await events('kind:port.closed');
  const seven = reports.find(({ detail }) => detail['port'] === 7001)?.detail;
  expect(seven).toMatchObject({ hostPort: hostPort(7001), refused: process.getuid?.() === 0 ? 1 : 0 });
  expect(Number(seven?.['connections'])).toBeGreaterThanOrEqual(52);
  expect(Number(seven?.['bytesIn'])).toBeGreaterThan(25 * 1024 * 1024);
  expect(Number(seven?.['bytesOut'])).toBeGreaterThan(25 * 1024 * 1024);
  const again = connect({ host: '127.0.0.1', port: hostPort(7001) });
  const [error] = await once(again, 'error');
  expect(error).toMatchObject({ code: 'ECONNREFUSED' });
});

import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { sessionSchema } from '#contract/session.ts';
import { exposedSocketPath } from '../../../main/core/sandbox/exposed-socket.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { escapeTests, expectLines } from '../harness/escape.ts';
import type { OngoingRun, Walls } from '../harness/walls.ts';
import { ask, connectTo, getFrom, type Listener, placeNetworkProbe, startListener } from './listener.ts';

const escapeTest = escapeTests();

let host: Listener;
let victim: OngoingRun;
let victimId = '';
let victimPort = 0;
afterAll(() => host.close());

/** Serves one port of its session, and says what it was asked for. */
const server = `
import http.server
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        print('asked', self.path, flush=True)
        self.send_response(200); self.send_header('Content-Length', '2'); self.end_headers(); self.wfile.write(b'ok')
    def log_message(self, *words): pass
one = http.server.ThreadingHTTPServer(('127.0.0.1', 7001), Handler)
print('up', flush=True)
one.serve_forever()
`;

/** Tries every address of the host's loopback ports, and every descriptor of the relay. */
const search = (ports: readonly number[]): string => `
import ctypes, glob, os, socket
for port in ${JSON.stringify(ports)}:
    for host in ['127.0.0.1', '127.0.0.2', '::1', '::ffff:127.0.0.1']:
        try:
            socket.create_connection((host, port), 5); print('reached', host, port)
        except OSError: pass
libc = ctypes.CDLL(None, use_errno=True)
relays = [path for path in glob.glob('/proc/[0-9]*/comm') if open(path).read() == 'gatehouse-relay\\n']
print('relays', len(relays))
for path in relays:
    pid = int(path.split('/')[2])
    try:
        print('listed', os.listdir(f'/proc/{pid}/fd'))
    except OSError as error: print('fds', error.strerror)
    pidfd = os.pidfd_open(pid)
    taken = [fd for fd in range(1200) if libc.syscall(438, pidfd, fd, 0) >= 0]
    print('taken', taken)
print('unix', [line.split()[-1] for line in open('/proc/net/unix') if '.sock' in line and 'egress' not in line])
`;

/** A port is exposed so that the person comes in: nothing goes out through it, and no session finds another one's. */
escapeTest('an exposed port used as a way out, or to another session', {
  requirement: '[RUN-7]',
  async prepare(walls) {
    await placeNetworkProbe(walls);
    host = await startListener();
    victim = walls.start(['python3', '-c', server], { options: ['--expose', '0:7001'] });
    victim.ended.catch(() => undefined);
    await victim.said('up');
    const [session] = parseJsonLines((await walls.cli(['sessions', '--json'])).stdout).map((line) =>
      sessionSchema.parse(line),
    );
    victimId = session?.id ?? '';
    victimPort = session?.exposed?.[0]?.hostPort ?? 0;
  },
  async control(walls) {
    // The port and its socket are real: whoever stands outside reaches the server by the one, and the relay by the other.
    const fetched = await fetch(`http://127.0.0.1:${victimPort}/outside`);
    expect(await fetched.text()).toBe('ok');
    expectLines(await walls.outside(`./probe connect-unix ${socketOf(walls)} x`), ['connect-unix: OK']);
    // And a session that the person granted the port reaches it like any other port of the host.
    const granted = await walls.run(ask(getFrom(`127.0.0.1:${victimPort}`, '/granted')), {
      grants: [`net.connect:127.0.0.1:${victimPort}`],
    });
    expectLines(granted, ['ask: HTTP/1.1 200 OK']);
    await victim.said('asked /granted');
  },
  async attempt(walls) {
    const before = host.connections();
    const run = await walls.run(
      [
        `python3 -c "$SEARCH"`,
        ask(getFrom(`127.0.0.1:${victimPort}`, '/stolen')),
        ask(connectTo(`127.0.0.1:${host.port}`)),
        `./probe connect-unix ${socketOf(walls)} x`,
        'find /run /tmp -name "7*.sock"; echo searched',
        './probe fds',
      ].join('\n'),
      {
        options: ['--expose', '0:7002', '--env', `SEARCH=${search([victimPort, host.port, 7001])}`],
      },
    );
    expectLines(run, [
      'relays 1',
      'fds Permission denied',
      'taken []',
      'unix []',
      'ask: HTTP/1.1 403 Forbidden',
      'ask: HTTP/1.1 403 Forbidden',
      'connect-unix: ENOENT',
      'searched',
      'fds: OK 0 1 2',
    ]);
    expect(host.connections()).toBe(before);
    return run;
  },
  async observe(walls) {
    await walls.cli(['kill', '--all']);
    await victim.ended;
    expect(victim.output().split('\n')).toEqual(['up', 'asked /outside', 'asked /granted', '']);
    expect(host.connections()).toBe(0);
  },
  async audit(walls, run) {
    const starting = run.events.find(({ kind }) => kind === 'session.starting');
    const [exposed] = run.events.filter(({ kind }) => kind === 'port.exposed');
    expect(starting?.detail['exposed']).toEqual([{ hostPort: exposed?.detail['hostPort'], port: 7002 }]);
    expect(exposed?.session).toBe(run.sessionId);
    const decisions = run.events.filter(({ kind }) => kind === 'decision');
    expect(decisions.map(({ decision }) => decision)).toEqual(['deny', 'deny']);
    // From outside, and by the grant; what went to the socket itself did not come by the port.
    const [closed] = await walls.events(`kind:port.closed session:${victimId}`);
    expect(closed?.detail).toMatchObject({ connections: 2, refused: 0 });
  },
});

function socketOf(walls: Walls): string {
  return exposedSocketPath(path.join(walls.state, 'run', 's', victimId), 7001);
}

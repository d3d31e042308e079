import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, expect } from 'vitest';
import { distFolder } from '../../helpers/gatehouse.ts';
import { escapeTests, expectLines } from '../harness/escape.ts';
import type { OngoingRun, Walls } from '../harness/walls.ts';
import { ask, connectTo, getFrom, type Listener, placeNetworkProbe, startListener } from './listener.ts';

const escapeTest = escapeTests();

const listeners: Listener[] = [];
afterAll(async () => {
  for (const listener of listeners) await listener.close();
});

let open: Listener;
let closed: Listener;
const prepare = async (walls: Walls): Promise<void> => {
  await placeNetworkProbe(walls);
  open = await startListener();
  closed = await startListener();
  listeners.push(open, closed);
};
const grants = (): readonly string[] => [`net.connect:127.0.0.1:${open.port}`];
const at = (listener: Listener): string => `127.0.0.1:${listener.port}`;

async function endAll(walls: Walls, ongoing: OngoingRun): Promise<void> {
  await walls.outside([process.execPath, path.join(distFolder, 'gatehouse.js'), 'kill', '--all']);
  await ongoing.ended;
}

/** On a connection that was allowed for one host, what leads to another. */
escapeTest('a connection used again for another host', {
  requirement: '[GRT-4]',
  prepare,
  async control(walls) {
    const run = await walls.run(ask(getFrom(at(open), '/one'), getFrom(at(open), '/two')), { grants: grants() });
    expectLines(run, ['ask: HTTP/1.1 200 served', 'ask: HTTP/1.1 200 served']);
    expect(open.received()).toContain('/two');
  },
  async attempt(walls) {
    const script = [
      ask(getFrom(at(open), '/three'), getFrom(at(closed))),
      ask(`${getFrom(at(open), '/four')}${getFrom(at(closed))}`),
      ask(getFrom(at(open), '/five'), connectTo(at(closed))),
      ask(`GET http://${at(open)}/six HTTP/1.1\r\nHost: ${at(closed)}\r\n\r\n`),
      ask(connectTo(at(open), at(closed))),
      ask(`GET http://${at(open)}/seven HTTP/1.1\r\nHost: ${at(open)}\r\nHost: ${at(closed)}\r\n\r\n`),
      // A tunnel stays where it leads, whatever is asked for in it.
      ask(connectTo(at(open)), getFrom(at(closed), '/inner')),
    ].join('\n');
    const run = await walls.run(script, { grants: grants() });
    const answers = run.stdout.trim().split('\n');
    expect(answers.slice(0, 3)).toEqual([
      'ask: HTTP/1.1 200 served',
      'ask: HTTP/1.1 403 Forbidden',
      'ask: HTTP/1.1 200 served',
    ]);
    expect(answers.filter((answer) => /HTTP\/1\.1 4/u.test(answer)).length).toBeGreaterThanOrEqual(5);
    return run;
  },
  async observe() {
    expect(closed.connections()).toBe(0);
    expect(open.received()).not.toMatch(/\/six|\/seven|\/inner/u);
  },
  audit(_walls, run) {
    const decisions = run.events.filter(({ kind }) => kind === 'decision');
    const allowed = decisions.filter(({ decision }) => decision === 'allow');
    for (const { detail } of allowed) expect(detail['port']).toBe(open.port);
    const denied = decisions.filter(({ decision, detail }) => decision === 'deny' && detail['port'] === closed.port);
    expect(denied.length).toBeGreaterThanOrEqual(2);
  },
});

const smuggled = (): string => `GET http://${at(open)}/smuggled HTTP/1.1\r\nHost: ${at(open)}\r\n\r\n`;
/** Messages that two servers could take apart differently; `smuggled` must never be read as a request by the far one. */
const doubtful: readonly (readonly [what: string, head: string, body: () => string])[] = [
  ['CL.TE', 'Content-Length: 6\r\nTransfer-Encoding: chunked', () => `0\r\n\r\n${smuggled()}`],
  ['TE.CL', 'Transfer-Encoding: chunked\r\nContent-Length: 4', () => `0\r\n\r\n${smuggled()}`],
  ['two lengths', 'Content-Length: 0\r\nContent-Length: 44', smuggled],
  ['a hidden coding', 'Transfer-Encoding: xchunked', () => `0\r\n\r\n${smuggled()}`],
  ['a folded coding', 'Transfer-Encoding:\r\n chunked', () => `0\r\n\r\n${smuggled()}`],
  ['a space before the colon', 'Transfer-Encoding : chunked', () => `0\r\n\r\n${smuggled()}`],
  ['a bare line feed', 'X: y\nTransfer-Encoding: chunked', () => `0\r\n\r\n${smuggled()}`],
  ['NUL', 'X: y\0\r\nContent-Length: 0', smuggled],
];

escapeTest('request smuggling', {
  requirement: '[GRT-1]',
  prepare,
  async control(walls) {
    const body = smuggled();
    const run = await walls.run(
      ask(
        `POST http://${at(open)}/front HTTP/1.1\r\nHost: ${at(open)}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      ),
      { grants: grants() },
    );
    expectLines(run, ['ask: HTTP/1.1 200 served']);
  },
  async attempt(walls) {
    open = await startListener();
    listeners.push(open);
    const run = await walls.run(
      doubtful
        .map(([, head, body]) =>
          ask(`POST http://${at(open)}/front HTTP/1.1\r\nHost: ${at(open)}\r\n${head}\r\n\r\n${body()}`),
        )
        .join('\n'),
      { grants: grants() },
    );
    expectLines(run, Array<string>(doubtful.length).fill('ask: HTTP/1.1 400 Bad Request'));
    return run;
  },
  async observe() {
    expect(open.received()).toBe('');
  },
  audit(_walls, run) {
    expect(run.events.filter(({ reason }) => reason === 'bad_request')).toHaveLength(doubtful.length);
  },
});

escapeTest('ports: only the granted one, on the granted address', {
  requirement: '[GRT-1]',
  prepare,
  async control(walls) {
    expectLines(await walls.run(ask(connectTo(at(open))), { grants: grants() }), [
      'ask: HTTP/1.1 200 Connection established',
    ]);
  },
  async attempt(walls) {
    const before = open.connections();
    const targets = [
      ...[at(closed), `127.0.0.2:${open.port}`, `[::1]:${open.port}`, `127.0.0.1:${65_536 + open.port}`],
      ...[
        '127.0.0.1',
        '127.0.0.1:',
        '127.0.0.1:0',
        '127.0.0.1:-1',
        '127.0.0.1:65536',
        '127.0.0.1:http',
        '127.0.0.1:22',
      ],
      ...[
        `127.0.0.1:0${open.port}`,
        `127.0.0.1:+${open.port}`,
        `127.0.0.1:0x${open.port.toString(16)}`,
        `127.0.0.1:${open.port}x`,
      ],
    ];
    const run = await walls.run(targets.map((target) => ask(connectTo(target))).join('\n'), { grants: grants() });
    const answers = run.stdout.trim().split('\n');
    expect(answers).toHaveLength(targets.length);
    for (const answer of answers) expect(answer).toMatch(/^ask: HTTP\/1\.1 40[03] /u);
    expect(open.connections()).toBe(before);
    return run;
  },
  async observe() {
    expect(closed.connections()).toBe(0);
  },
  audit(_walls, run) {
    const decisions = run.events.filter(({ kind }) => kind === 'decision');
    expect(new Set(decisions.map(({ decision }) => decision))).toEqual(new Set(['deny']));
    expect(decisions).toHaveLength(15);
  },
});

escapeTest('another session’s grants and its socket', {
  requirement: '[GRT-2]',
  prepare,
  async control(walls) {
    expectLines(await walls.run(ask(connectTo(at(open))), { grants: grants() }), [
      'ask: HTTP/1.1 200 Connection established',
    ]);
  },
  async attempt(walls) {
    const before = open.connections();
    const other = walls.start('echo up; read line', { grants: grants() });
    await other.said('up');
    const sockets = await findSockets(walls.state);
    expect(sockets.length, 'sockets of the supervisor').toBeGreaterThan(1);
    // Outside they are real: whoever may see them can connect.
    const outside = await walls.outside(sockets.map((socket) => `./probe connect-unix ${socket} x`).join('\n'));
    expect(outside.stdout.split('\n').filter((line) => line === 'connect-unix: OK').length).toBeGreaterThan(0);
    const run = await walls.run(
      [
        ask(connectTo(at(open))),
        ...sockets.map((socket) => `./probe connect-unix ${socket} x`),
        'ls -A /run/gatehouse',
      ].join('\n'),
    );
    await endAll(walls, other);
    expectLines(run, [
      'ask: HTTP/1.1 403 Forbidden',
      ...sockets.map(() => 'connect-unix: ENOENT'),
      // Its own: the way out, and what it asks for other sessions with.
      ...['egress.sock', 'nested.sock', 'node', 'product'],
    ]);
    expect(open.connections()).toBe(before);
    return run;
  },
  async observe() {},
  audit(_walls, run) {
    const decisions = run.events.filter(({ kind }) => kind === 'decision');
    expect(decisions.map(({ decision }) => decision)).toEqual(['deny']);
  },
});

/** Every socket below the supervisor's state folder. */
async function findSockets(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isSocket()).map((entry) => path.join(entry.parentPath, entry.name));
}

escapeTest('requests without end, and more of them than there is room for', {
  requirement: '[GRT-1]',
  prepare,
  async control(walls) {
    expectLines(await walls.run(ask(getFrom(at(open))), { grants: grants() }), ['ask: HTTP/1.1 200 served']);
  },
  async attempt(walls) {
    const flood = walls.start('./probe-network flood 700', { grants: grants() });
    await flood.said('flood: ');
    // Another session is served all the same.
    expectLines(await walls.run(ask(getFrom(at(open))), { grants: grants() }), ['ask: HTTP/1.1 200 served']);
    await endAll(walls, flood);
    const run = await walls.run('./probe-network endless; ./probe-network endless', { grants: grants() });
    const answers = run.stdout.trim().split('\n');
    expect(answers).toHaveLength(2);
    for (const answer of answers) expect(answer).toMatch(/^ask: (?:HTTP\/1\.1 4\d\d |CLOSED)/u);
    return run;
  },
  async observe(walls) {
    expectLines(await walls.run(ask(getFrom(at(open))), { grants: grants() }), ['ask: HTTP/1.1 200 served']);
  },
  audit(_walls, run) {
    expect(run.events.filter(({ decision }) => decision === 'allow')).toEqual([]);
  },
});

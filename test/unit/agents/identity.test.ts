import { describe, expect, test } from 'vitest';
import type { Agent, Attestation } from '#contract/agent.ts';
import {
  type AgentAction,
  admit,
  agentQuestion,
  changesBetween,
  flagsOf,
  idleAfterMs,
  nextState,
} from '../../../main/core/agents/identity.ts';
import { fingerprintWords, identityWords } from '../../../main/core/agents/identity-words.ts';
import {
  type CredentialClaims,
  credentialText,
  judgeCredential,
} from '../../../main/core/agents/session-credential.ts';

const sha = (digit: string) => digit.repeat(64);
const attestation: Attestation = {
  path: '/opt/agent/cli.js',
  sha256: sha('a'),
  interpreters: [{ path: '/usr/bin/node', sha256: sha('b') }],
  package: { ecosystem: 'npm', name: 'agent', version: '1.0.0' },
};
const agent: Agent = {
  name: 'robot',
  preset: 'generic',
  title: 'robot',
  owner: 'ana',
  purpose: 'Tests',
  createdAt: '2026-01-01T00:00:00.000Z',
  state: 'active',
  publicKey: 'AAAA',
  fingerprint: sha('c'),
  words: fingerprintWords(sha('c')),
  attestation,
};
const created = Date.parse(agent.createdAt);

describe('[IDN-1] fingerprints as words', () => {
  test('256 words, each once, short and plain', () => {
    expect(identityWords).toHaveLength(256);
    expect(new Set(identityWords).size).toBe(256);
    for (const word of identityWords) expect(word).toMatch(/^[a-z]{3,8}$/u);
  });

  test('four bytes choose four words, and the order of the list is fixed', () => {
    expect(fingerprintWords(`00017fff${'0'.repeat(56)}`)).toBe('acorn-actor-igloo-violin');
    expect(fingerprintWords(sha('c')).split('-')).toHaveLength(4);
  });
});

describe('[IDN-2] what changed', () => {
  test.each<readonly [string, Attestation, readonly RegExp[]]>([
    ['nothing', { ...attestation }, []],
    ['contents', { ...attestation, sha256: sha('d') }, [/other contents: SHA-256 dddd.*was aaaa/u]],
    ['path', { ...attestation, path: '/tmp/cli.js' }, [/is \/tmp\/cli\.js, and was \/opt\/agent\/cli\.js/u]],
    [
      'version',
      { ...attestation, package: { ecosystem: 'npm', name: 'agent', version: '1.1.0' } },
      [/npm package agent is 1\.1\.0, and was 1\.0\.0/u],
    ],
    ['no package', { ...attestation, package: undefined }, [/comes with no package, and came with npm package agent/u]],
    [
      'interpreter',
      { ...attestation, interpreters: [{ path: '/usr/bin/node', sha256: sha('e') }] },
      [/interpreter \/usr\/bin\/node has other contents/u],
    ],
    ['interpreters', { ...attestation, interpreters: [] }, [/interpreters are none, and were \/usr\/bin\/node/u]],
    [
      'all',
      { path: '/x', sha256: sha('f'), interpreters: [] },
      [/package/u, /program is/u, /contents/u, /interpreters/u],
    ],
  ])('%s', (_, after, expected) => {
    const changes = changesBetween(attestation, after);
    expect(changes).toHaveLength(expected.length);
    for (const [index, change] of changes.entries()) expect(change).toMatch(expected[index] ?? /never/u);
  });

  test('a question is bound to every fact of it', () => {
    const facts = {
      kind: 'unknown' as const,
      name: 'robot',
      preset: 'generic',
      title: 'robot',
      owner: 'ana',
      purpose: 'Tests',
      attestation,
      changes: [],
    };
    const { digest } = agentQuestion(facts);
    expect(agentQuestion({ ...facts }).digest).toBe(digest);
    for (const other of [
      { ...facts, name: 'other' },
      { ...facts, owner: 'bob' },
      { ...facts, purpose: 'Another' },
      { ...facts, kind: 'changed' as const },
      { ...facts, attestation: { ...attestation, sha256: sha('d') } },
    ]) {
      expect(agentQuestion(other).digest).not.toBe(digest);
    }
  });
});

describe('[IDN-4] the life of an agent', () => {
  test.each<readonly [Agent['state'] | undefined, boolean, string]>([
    [undefined, false, 'unknown'],
    ['active', false, 'admitted'],
    ['active', true, 'changed'],
    ['suspended', false, 'suspended'],
    ['suspended', true, 'suspended'],
    ['retired', false, 'retired'],
    ['retired', true, 'retired'],
  ])('%s, changed %s: %s', (state, changed, kind) => {
    const known = state === undefined ? undefined : { ...agent, state };
    expect(admit(known, changed ? { ...attestation, sha256: sha('d') } : attestation).kind).toBe(kind);
  });

  test.each<readonly [Agent['state'], AgentAction, Agent['state'] | 'refused']>([
    ['active', 'suspend', 'suspended'],
    ['active', 'resume', 'refused'],
    ['active', 'rotate', 'active'],
    ['active', 'accept', 'active'],
    ['active', 'retire', 'retired'],
    ['suspended', 'suspend', 'refused'],
    ['suspended', 'resume', 'active'],
    ['suspended', 'rotate', 'suspended'],
    ['suspended', 'accept', 'suspended'],
    ['suspended', 'retire', 'retired'],
    ['retired', 'suspend', 'refused'],
    ['retired', 'resume', 'refused'],
    ['retired', 'rotate', 'refused'],
    ['retired', 'accept', 'refused'],
    ['retired', 'retire', 'refused'],
  ])('%s: %s leads to %s', (state, action, expected) => {
    const next = nextState(state, action);
    expect('state' in next ? next.state : 'refused').toBe(expected);
  });

  test('idle and ownerless are flagged, and a retired one is nothing to look at', () => {
    const isAccount = (owner: string) => owner === 'ana';
    expect(flagsOf(agent, created + idleAfterMs - 1, isAccount)).toEqual([]);
    expect(flagsOf(agent, created + idleAfterMs, isAccount)).toEqual(['idle']);
    const seen = { ...agent, lastSeenAt: '2026-01-20T00:00:00.000Z' };
    expect(flagsOf(seen, created + idleAfterMs, isAccount)).toEqual([]);
    expect(flagsOf({ ...agent, owner: 'gone' }, created, isAccount)).toEqual(['ownerless']);
    expect(flagsOf({ ...agent, owner: 'gone', state: 'retired' }, created + idleAfterMs, isAccount)).toEqual([]);
  });
});

describe('[IDN-4] [GRT-4] a credential at the moment of a decision', () => {
  const about = { session: '0001-calm-otter', task: 't-00000001', executable: sha('a') };
  const claims: CredentialClaims = {
    v: 1,
    ...about,
    agent: 'robot',
    fingerprint: agent.fingerprint,
    notBefore: 1_000,
    notAfter: 2_000,
  };
  const facts = { ...about, agent, at: 1_500 };

  test.each<readonly [string, Partial<CredentialClaims>, Partial<Parameters<typeof judgeCredential>[1]>, string]>([
    ['its own', {}, {}, 'valid'],
    ['of another session', { session: '0002-calm-otter' }, {}, 'expired'],
    ['of another task', { task: 't-00000002' }, {}, 'expired'],
    ['of another agent', { agent: 'other' }, {}, 'expired'],
    ['of another program', { executable: sha('d') }, {}, 'expired'],
    ['of a former key', { fingerprint: sha('d') }, {}, 'expired'],
    ['not yet', {}, { at: 999 }, 'expired'],
    ['at its end', {}, { at: 2_000 }, 'expired'],
    ['of a suspended agent', {}, { agent: { ...agent, state: 'suspended' } }, 'suspended'],
    ['of a retired agent', {}, { agent: { ...agent, state: 'retired' } }, 'retired'],
    ['of an agent that is gone', {}, { agent: undefined }, 'retired'],
  ])('%s', (_, claimed, found, expected) => {
    expect(judgeCredential({ ...claims, ...claimed }, { ...facts, ...found })).toBe(expected);
  });

  test('none is worth nothing', () => {
    expect(judgeCredential(undefined, facts)).toBe('expired');
  });

  test('what is signed is the RFC 8785 form', () => {
    expect(credentialText(claims)).toBe(
      `{"agent":"robot","executable":"${sha('a')}","fingerprint":"${sha('c')}","notAfter":2000,"notBefore":1000,"session":"0001-calm-otter","task":"t-00000001","v":1}`,
    );
  });
});

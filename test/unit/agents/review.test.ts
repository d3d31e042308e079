import { describe, expect, it } from 'vitest';
import type { ListedAgent } from '#contract/agent.ts';
import type { ReviewedAgent, ReviewedRule, ReviewFlag } from '#contract/review.ts';
import { idleDaysOf, isReviewDue, reviewAdvice, reviewEveryMs, reviewFlags } from '../../../main/core/agents/review.ts';

const at = Date.parse('2026-06-01T00:00:00Z');
const daysAgo = (days: number) => new Date(at - days * 86_400_000).toISOString();
const agent: ListedAgent = {
  name: 'codex',
  preset: 'codex',
  title: 'Codex',
  owner: 'ada',
  purpose: 'Works',
  createdAt: daysAgo(100),
  state: 'active',
  publicKey: '',
  fingerprint: '',
  words: '',
  attestation: { path: '/codex', sha256: '', interpreters: [] },
  flags: [],
};
const rule = (uses: number, days: number): ReviewedRule => ({
  v: 1,
  id: 'r-00000000',
  agent: 'codex',
  workspace: '/ws',
  spec: 'net.connect:example.org:443',
  givenAt: daysAgo(days),
  approval: 'a',
  because: '',
  uses,
});

describe('[IDN-4] a review', () => {
  it.each<[string, Partial<Pick<ReviewedAgent, 'agent' | 'program' | 'rules'>>, readonly ReviewFlag[]]>([
    ['nothing', {}, []],
    ['an idle and ownerless one', { agent: { ...agent, flags: ['idle', 'ownerless'] } }, ['idle', 'ownerless']],
    ['another program', { program: 'changed' }, ['changed']],
    ['no program', { program: 'gone' }, ['gone']],
    ['a preset nobody tried', { agent: { ...agent, label: 'unverified' } }, ['unverified']],
    ['a preset that was tried', { agent: { ...agent, label: 'tried with 1 on 2026-01-01' } }, []],
    ['a rule that nothing used', { rules: [rule(0, 8)] }, ['unused-rules']],
    ['a rule of yesterday', { rules: [rule(0, 1)] }, []],
    ['a rule in use', { rules: [rule(3, 80)] }, []],
  ])('flags %s', (_, facts, flags) => {
    const reviewed = { agent, program: 'accepted' as const, rules: [], ...facts };
    expect(reviewFlags(reviewed, at)).toEqual(flags);
    for (const flag of flags) expect(reviewAdvice(flag, reviewed)).toContain('codex');
  });

  it('names the command that takes an unused rule back', () => {
    expect(reviewAdvice('unused-rules', { agent, rules: [rule(0, 9)] })).toContain(
      'gatehouse grants revoke r-00000000',
    );
  });

  it.each([
    ['long after the last one', daysAgo(90), [agent], true],
    ['soon after the last one', daysAgo(89), [agent], false],
    ['never, with an old agent', undefined, [agent], true],
    ['never, with a new agent', undefined, [{ ...agent, createdAt: daysAgo(1) }], false],
    ['never, without agents', undefined, [], false],
    ['with retired ones alone', daysAgo(400), [{ ...agent, state: 'retired' as const }], false],
  ])('is due: %s', (_, reviewedAt, agents, due) => expect(isReviewDue(reviewedAt, agents, at)).toBe(due));

  it('counts days from when an agent was seen, or came', () => {
    expect(idleDaysOf(agent, at)).toBe(100);
    expect(idleDaysOf({ ...agent, lastSeenAt: daysAgo(31) }, at)).toBe(31);
    expect(idleDaysOf({ ...agent, lastSeenAt: daysAgo(-1) }, at)).toBe(0);
    expect(reviewEveryMs).toBe(90 * 86_400_000);
  });
});

import { describe, expect, test } from 'vitest';
import type { Decision } from '#contract/decision.ts';
import { mergeChain } from '../../../main/core/policy/decide-chain.ts';

const allow = (more: Partial<Decision> = {}): Decision => ({
  outcome: 'allow',
  reason: 'permitted',
  gates: [],
  policies: ['base#a'],
  grants: [],
  explanation: 'It may.',
  ...more,
});
const needs = (gate: string, remedy?: string): Decision => ({
  ...allow({ gates: [gate], policies: [`base#${gate}`], explanation: `It needs ${gate}.` }),
  outcome: 'deny',
  reason: 'approval_needed',
  ...(remedy === undefined ? {} : { remedy }),
});
const denied = (reason: Decision['reason']): Decision => ({
  ...allow({ explanation: 'Never.' }),
  outcome: 'deny',
  reason,
});
const above = (...decisions: Decision[]) =>
  decisions.map((decision, index) => ({
    actor: { session: `a${index}00-fair-tiger`, agent: `agent-${index}` },
    decision,
  }));

describe('[IDN-9] [GRT-4] a session may do what every session above it may', () => {
  test('what all are allowed is allowed, by the grants and gates of all', () => {
    const merged = mergeChain(allow({ grants: ['g-2'], gates: ['x'] }), above(allow({ grants: ['g-1', 'g-2'] })));
    expect(merged).toMatchObject({ outcome: 'allow', grants: ['g-1', 'g-2'], gates: ['x'] });
  });

  test.each(['forbidden', 'no_permit', 'session_invalid', 'task_ended', 'identity_invalid', 'policy_error'] as const)(
    'one that is refused for %s, wherever it stands, refuses it, and nobody is asked',
    (reason) => {
      expect(mergeChain(denied(reason), above(allow()))).toMatchObject({ outcome: 'deny', reason });
      expect(mergeChain(needs('x', 'g'), above(allow(), denied(reason)))).toMatchObject({ outcome: 'deny', reason });
      const merged = mergeChain(allow(), above(allow(), denied(reason)));
      expect(merged).toMatchObject({ outcome: 'deny', reason });
      expect(merged.explanation).toContain('a100-fair-tiger of agent-1');
      expect(merged.remedy).toBeUndefined();
    },
  );

  test('what needs a person for any of them is asked, naming every closed gate', () => {
    expect(mergeChain(allow(), above(needs('x', 'net.connect:a:1')))).toMatchObject({
      outcome: 'deny',
      reason: 'approval_needed',
      gates: ['x'],
      grants: [],
      remedy: 'net.connect:a:1',
    });
    expect(mergeChain(needs('b', 'g'), above(needs('a', 'g'), allow()))).toMatchObject({
      gates: ['a', 'b'],
      remedy: 'g',
    });
  });

  test('who could help is said: the one above that may, or nobody yet', () => {
    expect(mergeChain(needs('x', 'g'), above(allow())).explanation).toMatch(/agent-0 .* may, and can hand that on/u);
    expect(mergeChain(needs('x', 'g'), above(needs('x', 'g'))).explanation).toMatch(/agent-0 .* does not hold/u);
    expect(mergeChain(allow(), above(needs('x', 'g'))).explanation).toMatch(/agent-0 .* does not hold/u);
  });

  test('a gate that takes answers for once alone keeps the wider ones from all', () => {
    expect(mergeChain(needs('a', 'g'), above(needs('b'))).remedy).toBeUndefined();
    expect(mergeChain(needs('a'), above(needs('b', 'g'))).remedy).toBeUndefined();
  });

  test('without anybody above it is the session’s own', () => {
    for (const own of [allow(), needs('x', 'g'), denied('forbidden')]) expect(mergeChain(own, [])).toEqual(own);
  });
});

import { describe, expect, test } from 'vitest';
import { reachOf } from '../../../main/core/policy/rule-reach.ts';

type Json = Parameters<typeof reachOf>[0];
const all = { op: 'All' };
const own = {
  kind: 'unless',
  body: {
    contains: { left: { '.': { left: { Var: 'context' }, attr: 'liftedGates' } }, right: { Value: 'its.gate' } },
  },
};
const other = { kind: 'when', body: { Value: true } };
const host = { op: 'in', entity: { type: 'Host', id: 'example.org' } };
const json = (parts: object) =>
  ({ effect: 'forbid', principal: all, action: all, resource: all, conditions: [], ...parts }) as unknown as Json;

describe('[GRT-5] to how much of what it is about a rule applies', () => {
  test.each<[string, Json, string | undefined, ReturnType<typeof reachOf>]>([
    ['all of it', json({}), undefined, { limited: false }],
    ['of all agents', json({ principal: { op: 'is', entity_type: 'AgentSession' } }), undefined, { limited: false }],
    ['all but behind its gate', json({ conditions: [own] }), 'its.gate', { limited: false }],
    ['a gate that is not its own', json({ conditions: [own] }), 'other.gate', { limited: true }],
    ['a condition', json({ conditions: [own, other] }), 'its.gate', { limited: true }],
    ['one host', json({ resource: host }), undefined, { limited: true, on: 'example.org' }],
    ['one host on a condition', json({ resource: host, conditions: [other] }), undefined, { limited: true }],
    [
      'a set of paths',
      json({ resource: { op: 'in', entity: { type: 'Path', id: '@credentials' } } }),
      undefined,
      { limited: true },
    ],
    ['one agent', json({ principal: { op: '==', entity: { type: 'Agent', id: 'a' } } }), undefined, { limited: true }],
    ['something unknown', json({ resource: undefined }), undefined, { limited: true }],
  ])('%s', (_, rule, gate, reach) => {
    expect(reachOf(rule, gate)).toEqual(reach);
  });
});

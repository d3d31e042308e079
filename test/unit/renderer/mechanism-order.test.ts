import { expect, test } from 'vitest';
import type { Mechanism } from '#contract/doctor.ts';
import { doctorEntries, doctorVerdict } from '#contract/mechanisms.ts';

const mechanism = (id: string, state: Mechanism['state']): Mechanism => ({ id, title: id, state, detail: '' });

test.each([
  ['as the contract has them', ['node', 'platform', 'kernel'], ['platform', 'kernel', 'node']],
  ['the group with the worst first', ['platform', 'node:missing'], ['node', 'platform']],
  [
    'the worst of a group first',
    ['platform', 'kernel:limited', 'bubblewrap:missing'],
    ['bubblewrap', 'kernel', 'platform'],
  ],
  ['what is not used is no reason to come first', ['platform', 'shims:unused'], ['platform', 'shims']],
  ['one of a newer supervisor goes last', ['new-thing', 'platform'], ['platform', 'new-thing']],
] as const)('%s', (_, found, ids) => {
  const mechanisms = found.map((text) => {
    const [id = '', state = 'ok'] = text.split(':');
    return mechanism(id, state === 'missing' || state === 'limited' || state === 'unused' ? state : 'ok');
  });
  expect(doctorEntries(mechanisms).map(({ id }) => id)).toEqual(ids);
});

test.each([
  [['ok', 'unused'], 'Everything Gatehouse needs is here.'],
  [['ok', 'limited'], '1 limited: everything works, with the stated weakness.'],
  [['limited', 'missing'], '1 missing: sessions are refused until that is there.'],
] as const)('%s', (states, verdict) => {
  expect(doctorVerdict(states.map((state, index) => mechanism(String(index), state)))).toBe(verdict);
});

import { expect, test } from 'vitest';
import { ProposalPace } from '../../../main/electron/proposal-pace.ts';

const tooMany = expect.objectContaining({ data: expect.objectContaining({ code: 'too_many' }) });

test('[APR-6] proposals that are only being looked into count: a fifth waits for one of four to end', () => {
  const pace = new ProposalPace();
  for (let each = 0; each < 4; each += 1) pace.begin(0);
  expect(() => pace.begin(0)).toThrow(tooMany);
  pace.end();
  pace.begin(0);
});

test('[APR-6] declined three times in a row, a window waits before it may ask again, and longer the next time; a confirmation forgets it', () => {
  const pace = new ProposalPace();
  const ask = (confirmed: boolean, nowMs: number) => {
    pace.begin(nowMs);
    pace.answered(confirmed, nowMs);
    pace.end();
  };
  ask(false, 0);
  ask(false, 0);
  ask(true, 0);
  for (const at of [1, 2, 3]) ask(false, at);
  expect(() => pace.begin(15_002)).toThrow(tooMany);
  ask(false, 15_003);
  expect(() => pace.begin(45_002)).toThrow(tooMany);
  ask(true, 45_003);
  ask(false, 45_004);
  pace.begin(45_004);
});

test.each([
  ['questions are brought to the front', 6, (pace: ProposalPace, nowMs: number) => pace.mayShow(nowMs)],
  [
    'what needs no question is done',
    12,
    (pace: ProposalPace, nowMs: number) => {
      try {
        pace.unasked(nowMs);
        return true;
      } catch {
        return false;
      }
    },
  ],
])('%s %i times a minute at most', (_, most, once) => {
  const pace = new ProposalPace();
  const done = (nowMs: number) => Array.from({ length: 20 }, () => once(pace, nowMs)).filter(Boolean).length;
  expect(done(0)).toBe(most);
  expect(done(59_999)).toBe(0);
  expect(done(60_000)).toBe(most);
});

test('[APR-6] after 30 impossible proposals within a minute there are none for a while', () => {
  const pace = new ProposalPace();
  const fail = (nowMs: number) => {
    pace.begin(nowMs);
    pace.failed(nowMs);
    pace.end();
  };
  for (let each = 0; each < 30; each += 1) fail(each);
  expect(() => pace.begin(59_999)).toThrow(tooMany);
  fail(60_000);
});

import { expect, test } from 'vitest';
import type { VerifyResult } from '#contract/audit.ts';
import { signatureWords } from '../../../../renderer/features/timeline/signature-words.ts';

const checkedAt = '2026-01-31T12:00:00.000Z';
const nowMs = Date.parse(checkedAt) + 120_000;
const holds: VerifyResult = { ok: true, entries: 90, checkpoints: { held: 2, size: 80, elsewhere: 1 } };

test.each<[string, VerifyResult | undefined, number, Partial<ReturnType<typeof signatureWords>>]>([
  ['before any check', undefined, 80, { tone: 'plain-mark', canCheck: true }],
  ['of a checkpoint that was checked', holds, 80, { tone: 'good', canCheck: false }],
  ['of a newer checkpoint', holds, 81, { tone: 'plain-mark', canCheck: true }],
  ['of a log that does not hold', { ...holds, ok: false }, 80, { tone: 'bad' }],
  [
    'without a key',
    { ok: true, entries: 9, checkpoints: { held: 0, size: 0, elsewhere: 0, unsigned: 'No key.' } },
    9,
    { tone: 'warn' },
  ],
  ['without checkpoints', { ok: true, entries: 9 }, 9, { tone: 'warn' }],
])('[AUD-2] what is said of a signature %s', (_what, result, size, expected) => {
  expect(signatureWords(result, result === undefined ? undefined : checkedAt, size, nowMs)).toMatchObject(expected);
});

test('[AUD-2] a signature is only called checked with who did it and when', () => {
  expect(signatureWords(holds, checkedAt, 80, nowMs).words).toBe(
    'Its checkpoint is signed: the supervisor checked it with the key in your keystore 2m ago.',
  );
});

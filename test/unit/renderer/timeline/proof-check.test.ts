import { describe, expect, test } from 'vitest';
import type { Proof } from '#contract/audit.ts';
import { headerHashOf, payloadHashOf } from '../../../../main/core/audit/entry.ts';
import { inclusionProof, leafHash, rootOf } from '../../../../main/core/audit/merkle.ts';
import { checkInclusion } from '../../../../renderer/features/timeline/proof-check.ts';

/** A log of so many entries, with the proof of each. */
function proofsOf(size: number): Proof[] {
  const entries = Array.from({ length: size }, (_, index) => {
    const [salt, payload] = ['ab'.repeat(16), `{"summary":"Nº ${index}"}`];
    const header = {
      seq: index + 1,
      at: '2026-01-31T12:00:00.000Z',
      kind: 'decision',
      prev: '0'.repeat(64),
      payloadHash: payloadHashOf(salt, payload),
    };
    return { ...header, salt, payload, hash: headerHashOf(header) };
  });
  const leaves = entries.map(({ hash }) => leafHash(hash));
  const source = {
    hashes: (level: number, position: number, count: number) => {
      if (level > 0) throw new RangeError('only leaves are there');
      return leaves.slice(position, position + count);
    },
  };
  const checkpoint = `log\n${size}\n${rootOf(source, size).toString('base64')}\n\n— log AAAA\n`;
  return entries.map((entry, index) => ({
    v: 1,
    checkpoint,
    entry,
    path: inclusionProof(source, index, size).map((hash) => hash.toString('hex')),
  }));
}

const flipped = (text: string) => (text.startsWith('0') ? '1' : '0') + text.slice(1);

describe('[AUD-2] a proof of an entry', () => {
  test.each([1, 2, 3, 7, 8, 13])('holds for every entry of %i', async (size) => {
    for (const proof of proofsOf(size)) {
      if (proof.entry === undefined) throw new Error('no entry');
      const verdict = await checkInclusion(proof, proof.entry);
      expect(verdict).toMatchObject({ holds: true, size });
    }
  });

  test.each<[string, (proof: Proof, entry: NonNullable<Proof['entry']>) => Proof]>([
    ['other content', (proof, entry) => ({ ...proof, entry: { ...entry, payload: `${entry.payload} ` } })],
    ['another time', (proof, entry) => ({ ...proof, entry: { ...entry, at: '2026-01-31T12:00:00.001Z' } })],
    ['another kind', (proof, entry) => ({ ...proof, entry: { ...entry, kind: 'log.opened' } })],
    ['another entry', (proof, entry) => ({ ...proof, entry: { ...entry, seq: entry.seq + 1 } })],
    ['another path', (proof) => ({ ...proof, path: proof.path.map(flipped) })],
    ['a shorter path', (proof) => ({ ...proof, path: proof.path.slice(1) })],
    ['a longer path', (proof) => ({ ...proof, path: [...proof.path, '0'.repeat(64)] })],
    ['another size', (proof) => ({ ...proof, checkpoint: proof.checkpoint.replace('\n7\n', '\n70\n') })],
    ['no checkpoint', (proof) => ({ ...proof, checkpoint: 'nothing' })],
    ['no entry', ({ entry: _entry, ...proof }) => proof],
  ])('does not hold with %s', async (_what, change) => {
    const proof = proofsOf(7)[3];
    if (proof?.entry === undefined) throw new Error('no entry');
    const verdict = await checkInclusion(change(proof, proof.entry), proof.entry);
    expect(verdict.holds).toBe(false);
    expect(verdict.words).toMatch(/^It does not hold\. /u);
  });
});

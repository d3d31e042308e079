import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { chainStart, type Damage, damageOf, followingHash } from '../../../main/core/audit/chain.ts';
import { type Entry, eventTextOf, genesisHash, sealEntry } from '../../../main/core/audit/entry.ts';

function chainOf(length: number): Entry[] {
  const entries: Entry[] = [];
  for (let seq = 1; seq <= length; seq += 1) {
    const prev = entries.at(-1)?.hash ?? genesisHash;
    const at = new Date(Date.UTC(2026, 0, 1) + seq).toISOString();
    const salt = seq.toString(16).padStart(32, '0');
    entries.push(sealEntry({ kind: 'decision', summary: `entry ${seq}`, detail: { n: seq } }, { seq, at, prev, salt }));
  }
  return entries;
}

/** As the database adapter goes through a log. */
function firstDamage(entries: readonly Entry[]): Damage | undefined {
  let state = chainStart;
  for (const entry of entries) {
    const hash = followingHash(state, entry);
    if (hash === undefined) return damageOf(state, entry, entries);
    state = { seq: entry.seq, hash };
  }
  return undefined;
}

/** The entry at `seq` replaced. */
function changed(entries: readonly Entry[], seq: number, change: Partial<Entry>): Entry[] {
  return entries.map((entry) => (entry.seq === seq ? { ...entry, ...change } : entry));
}

function at(entries: readonly Entry[], seq: number): Entry {
  const entry = entries.find((one) => one.seq === seq);
  if (entry === undefined) throw new Error(`no entry ${seq}`);
  return entry;
}

const chain = chainOf(12);

describe('[AUD-1] the hash chain', () => {
  test('an untouched chain holds, an empty one too', () => {
    expect(firstDamage(chain)).toBeUndefined();
    expect(firstDamage([])).toBeUndefined();
  });

  test('an entry can be checked by hand, as the format document says', () => {
    const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
    const entry = at(chain, 5);
    expect(entry.payloadHash).toBe(sha256(entry.salt + entry.payload));
    expect(entry.payload).toBe('{"detail":{"n":5},"summary":"entry 5"}');
    expect(entry.hash).toBe(
      sha256(
        `{"at":"${entry.at}","kind":"decision","payloadHash":"${entry.payloadHash}","prev":"${entry.prev}","seq":5,"v":1}`,
      ),
    );
    expect(JSON.parse(eventTextOf(entry))).toEqual({
      seq: 5,
      at: entry.at,
      kind: 'decision',
      hash: entry.hash,
      detail: { n: 5 },
      summary: 'entry 5',
    });
  });

  test.each<[string, Partial<Entry>]>([
    ['time', { at: '2025-01-01T00:00:00.000Z' }],
    ['kind', { kind: 'session.started' }],
    ['predecessor', { prev: 'a'.repeat(64) }],
    ['salt', { salt: 'b'.repeat(32) }],
    ['payload hash', { payloadHash: 'c'.repeat(64) }],
    ['hash', { hash: 'd'.repeat(64) }],
    ['payload', { payload: '{"detail":{"n":5},"summary":"entry 6"}' }],
  ])('an edited %s is found where it is', (_what, change) => {
    expect(firstDamage(changed(chain, 5, change))).toMatchObject({ seq: 5, kind: 'edited' });
  });

  test('of several damages the first is named', () => {
    const twice = changed(changed(chain, 9, { payload: '{}' }), 3, { payload: '{}' });
    expect(firstDamage(twice)).toMatchObject({ seq: 3, kind: 'edited' });
  });

  test.each([
    ['the first', 1],
    ['one in the middle', 6],
  ])('%s is missing', (_what, seq) => {
    expect(firstDamage(chain.filter((entry) => entry.seq !== seq))).toMatchObject({ seq, kind: 'missing' });
  });

  test('one taken out and the rest renumbered is missing', () => {
    const renumbered = chain
      .filter((entry) => entry.seq !== 6)
      .map((entry) => (entry.seq > 6 ? { ...entry, seq: entry.seq - 1 } : entry));
    expect(firstDamage(renumbered)).toMatchObject({ seq: 6, kind: 'missing' });
  });

  test('two that changed places are reordered', () => {
    const swapped = chain.map((entry) => {
      if (entry.seq === 6) return { ...at(chain, 7), seq: 6 };
      return entry.seq === 7 ? { ...at(chain, 6), seq: 7 } : entry;
    });
    expect(firstDamage(swapped)).toMatchObject({ seq: 6, kind: 'reordered' });
  });

  test('one rewritten with fresh hashes is found by the one after it', () => {
    const { seq, at: time, prev, salt } = at(chain, 5);
    const forged = sealEntry(
      { kind: 'decision', summary: 'nothing happened', detail: {} },
      { seq, at: time, prev, salt },
    );
    expect(firstDamage(changed(chain, 5, forged))).toMatchObject({ seq: 5, kind: 'edited' });
  });

  test.each<[string, Partial<Entry>]>([
    ['hash', { hash: 'short' }],
    ['salt', { salt: 'SHOUTED'.padEnd(32, 'X') }],
    ['time', { at: 'yesterday' }],
    ['kind', { kind: '"},{"' }],
  ])('a %s that is none is unreadable', (_what, change) => {
    expect(firstDamage(changed(chain, 5, change))).toMatchObject({ seq: 5, kind: 'unreadable' });
  });
});

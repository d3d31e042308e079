import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { CaseMaker, DamageCase, Expectation } from './damage-case.ts';
import type { SampleLogs } from './sample-logs.ts';

const columns = ['at', 'kind', 'prev', 'salt', 'payload_hash', 'hash', 'payload'] as const;
type Column = (typeof columns)[number];

/** The form of each column as the format document gives it, written down a second time on purpose. */
const forms: Readonly<Record<Column, RegExp>> = {
  at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/u,
  kind: /^[a-z0-9._-]{1,64}$/u,
  prev: /^[0-9a-f]{64}$/u,
  salt: /^[0-9a-f]{32}$/u,
  payload_hash: /^[0-9a-f]{64}$/u,
  hash: /^[0-9a-f]{64}$/u,
  payload: /^/u,
};

/** Another value of the right form. */
const otherValues: Readonly<Record<Column, string>> = {
  at: '2020-02-02T02:02:02.020Z',
  kind: 'policy.loaded',
  prev: 'ab'.repeat(32),
  salt: 'ab'.repeat(16),
  payload_hash: 'ab'.repeat(32),
  hash: 'ab'.repeat(32),
  payload: '{"detail":{},"summary":"nothing to see"}',
};

/** Every column of some entries: other values, other types, bits flipped, swapped with another entry. */
export const fieldCases: CaseMaker = (samples, long) => {
  const { relaxed } = samples;
  const { entries, erased, checkpoints } = relaxed;
  const middle = Math.floor(entries / 2) + 10;
  const short = [1, erased, middle, entries];
  const more = [2, 3, erased + 1, checkpoints[2] ?? 9, (checkpoints[2] ?? 9) + 1, 255, 256, 257, entries - 1];
  const seqs = (long ? [...short, ...more] : short).filter((seq) => seq <= entries);
  return seqs.flatMap((seq) => [
    ...columns.flatMap((column) => [
      ...valueCases(samples, seq, column, long),
      ...flipCases(samples, seq, column, long ? 12 : 1),
      ...(long || seq === middle ? swapCases(samples, seq, column) : []),
    ]),
    ...numberCases(samples, seq),
  ]);
};

function edit(samples: SampleLogs, name: string, sql: string, expected: Expectation, ...values: unknown[]): DamageCase {
  return {
    group: 'entry fields',
    name,
    expected,
    make: (file) => {
      copyFileSync(samples.relaxed.path, file);
      const database = new Database(file);
      database.prepare(sql).run(...values);
      database.close();
    },
  };
}

function storedValue({ relaxed }: SampleLogs, seq: number, column: string): string {
  const database = new Database(relaxed.path, { readonly: true });
  const value =
    database.prepare<[number], string>(`SELECT ${column} FROM entries WHERE seq = ?`).pluck().get(seq) ?? '';
  database.close();
  return value;
}

function valueCases(samples: SampleLogs, seq: number, column: Column, long: boolean): DamageCase[] {
  const set = (what: string, value: unknown, kind: string): DamageCase =>
    edit(
      samples,
      `${column} of ${seq}: ${what}`,
      `UPDATE entries SET ${column} = ? WHERE seq = ?`,
      { seq, kind },
      value,
      seq,
    );
  return [
    set('another value', otherValues[column], 'edited'),
    set('NULL', null, 'unreadable'),
    set('a number', 7, 'unreadable'),
    ...(long ? [set('a fraction', 7.5, 'unreadable')] : []),
    set('bytes', Buffer.from(storedValue(samples, seq, column)), 'unreadable'),
    set('not its form', 'Ünsinn', column === 'payload' ? 'edited' : 'unreadable'),
    set(
      'longer by one',
      `${storedValue(samples, seq, column)}0`,
      column === 'payload' || column === 'kind' ? 'edited' : 'unreadable',
    ),
    // Nothing is what an erased entry has for content; then nothing was changed.
    ...(column === 'payload' && seq <= samples.relaxed.erased
      ? []
      : [set('empty', '', column === 'payload' ? 'edited' : 'unreadable')]),
  ];
}

/** One bit of the text changed, spread over its bytes. */
function flipCases(samples: SampleLogs, seq: number, column: Column, count: number): DamageCase[] {
  const bytes = Buffer.from(storedValue(samples, seq, column));
  return Array.from({ length: Math.min(count, bytes.length) }, (_, index) => {
    const at =
      Math.floor((bytes.length * index) / count) + (index % 3 === 0 ? 0 : Math.min(1, bytes.length - 1 - index));
    const flipped = Buffer.from(bytes);
    const bit = (seq + index * 3) % 8;
    flipped[Math.min(at, bytes.length - 1)] = (flipped[Math.min(at, bytes.length - 1)] ?? 0) ^ (1 << bit);
    const text = flipped.toString('utf8');
    const kind = forms[column].test(text) ? 'edited' : 'unreadable';
    return edit(
      samples,
      `${column} of ${seq}: bit ${bit} of byte ${at}`,
      `UPDATE entries SET ${column} = CAST(? AS TEXT) WHERE seq = ?`,
      { seq, kind },
      flipped,
      seq,
    );
  });
}

function swapCases(samples: SampleLogs, seq: number, column: Column): DamageCase[] {
  return [seq - 1, seq + 1, seq - 40].flatMap((other) => {
    if (other < 1 || other > samples.relaxed.entries) return [];
    const [mine, theirs] = [storedValue(samples, seq, column), storedValue(samples, other, column)];
    if (mine === theirs) return [];
    return [
      edit(
        samples,
        `${column} of ${seq} and ${other} swapped`,
        `UPDATE entries SET ${column} = CASE seq WHEN ? THEN ? ELSE ? END WHERE seq IN (?, ?)`,
        { seq: Math.min(seq, other), kind: 'edited' },
        ...[seq, theirs, mine, seq, other],
      ),
    ];
  });
}

/** The number itself. */
function numberCases(samples: SampleLogs, seq: number): DamageCase[] {
  const { entries } = samples.relaxed;
  const far = edit(
    samples,
    `seq of ${seq}: far away`,
    'UPDATE entries SET seq = 900000 WHERE seq = ?',
    { seq, kind: 'missing' },
    seq,
  );
  const before = edit(
    samples,
    `seq of ${seq}: before all`,
    'UPDATE entries SET seq = -5 WHERE seq = ?',
    { seq: 1, kind: 'missing' },
    seq,
  );
  const swaps = [1, 40].flatMap((distance) => {
    const other = seq + distance;
    if (other > entries) return [];
    return [
      {
        ...far,
        name: `seq of ${seq} and ${other} swapped`,
        expected: { seq, kind: 'reordered' },
        make: (file: string) => {
          copyFileSync(samples.relaxed.path, file);
          const database = new Database(file);
          database.exec(`UPDATE entries SET seq = -1 WHERE seq = ${seq}; UPDATE entries SET seq = ${seq} WHERE seq = ${other};
            UPDATE entries SET seq = ${other} WHERE seq = -1`);
          database.close();
        },
      },
    ];
  });
  return [far, before, ...swaps];
}

import {
  closeSync,
  copyFileSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import type { CaseMaker, DamageCase, Expectation } from './damage-case.ts';
import { copyWithLog, type SampleLogs } from './sample-logs.ts';

const pageBytes = 4096;
/** Header of a write-ahead log, and of each frame in it (sqlite.org/fileformat2.html §4.1). */
const walHeaderBytes = 32;
const frameBytes = 24 + pageBytes;

/** The file itself: cut at every page, single bytes changed on every page, its write-ahead log cut, changed or gone, an older copy in its place. */
export const fileCases: CaseMaker = (samples, long) => [
  ...truncated(samples, long),
  ...flipped(samples, long),
  ...walCases(samples, long),
  ...olderCopies(samples),
];

function truncated({ main }: SampleLogs, long: boolean): DamageCase[] {
  const pages = statSync(main.path).size / pageBytes;
  const boundaries = Array.from({ length: pages }, (_, index) => index * pageBytes);
  // Pages are alike to the cut; the short form takes every eighth.
  const sizes = long
    ? boundaries.flatMap((size) => [size, size + 1, size + 2000])
    : boundaries.filter((_, index) => index % 8 === 0);
  return sizes.map((size) => ({
    group: 'file cut',
    name: `at ${size} bytes`,
    // Within the last page SQLite reads zeros for what is gone; what lay there decides.
    expected: size > boundaries.length * pageBytes - pageBytes ? 'agree' : { seq: 1, kind: 'unreadable' },
    make: (file) => {
      copyFileSync(main.path, file);
      truncateSync(file, size);
    },
  }));
}

/** Bytes spread over every page, never the same place twice in a row: headers, pointers, cells, unused space. */
function flipped({ main }: SampleLogs, long: boolean): DamageCase[] {
  const pages = statSync(main.path).size / pageBytes;
  const perPage = long ? 12 : 1;
  return Array.from({ length: pages }, (_, page) => page).flatMap((page) =>
    Array.from({ length: page === 0 && long ? 200 : perPage }, (_, index) => {
      const within = placeOnPage(page, index);
      const at = page * pageBytes + within;
      return {
        group: 'byte changed',
        name: `page ${page + 1}, byte ${within}`,
        expected: 'agree' as const,
        make: (file: string) => {
          copyFileSync(main.path, file);
          changeByte(file, at, (page * 31 + index * 7) % 255);
        },
      };
    }),
  );
}

function placeOnPage(page: number, index: number): number {
  // The head of a page says what it is: looked at more often than the rest.
  if (page === 0) return index < 150 ? index : (index * 1237) % pageBytes;
  return index % 4 === 0 ? (index * 3 + page) % 16 : (page * 997 + index * 1637) % pageBytes;
}

/** Another value, whatever it was: `by` is added to it and never nothing. */
function changeByte(file: string, at: number, by: number): void {
  const handle = openSync(file, 'r+');
  const byte = Buffer.alloc(1);
  readSync(handle, byte, 0, 1, Math.min(at, fstatSync(handle).size - 1));
  byte[0] = ((byte[0] ?? 0) + 1 + by) % 256;
  writeSync(handle, byte, 0, 1, Math.min(at, fstatSync(handle).size - 1));
  closeSync(handle);
}

function walCases({ main, live }: SampleLogs, long: boolean): DamageCase[] {
  const whole = readFileSync(`${live}-wal`);
  const frames = Math.floor((whole.length - walHeaderBytes) / frameBytes);
  const step = long ? 1 : Math.max(1, Math.floor(frames / 6));
  const chosen = Array.from({ length: frames }, (_, frame) => frame).filter((frame) => frame % step === 0);
  // Whatever is left is a state the log once had: it is called an older copy unless it has everything that was signed.
  const asOlder = (file: string): Expectation => {
    const entries = countEntries(file);
    return entries === undefined
      ? 'agree'
      : entries >= (main.checkpoints.at(-1) ?? 0)
        ? 'holds'
        : { seq: entries + 1, kind: 'rolled_back' };
  };
  const cut = (name: string, wal: () => Buffer | undefined): DamageCase => {
    const make = (file: string): void => {
      copyFileSync(live, file);
      const bytes = wal();
      if (bytes !== undefined) writeFileSync(`${file}-wal`, bytes);
    };
    return { group: 'write-ahead log', name, make, expected: 'agree', expectedOf: asOlder };
  };
  return [
    cut('gone', () => undefined),
    cut('empty', () => Buffer.alloc(0)),
    cut('only its header', () => whole.subarray(0, walHeaderBytes)),
    cut('of another log', () => Buffer.concat([Buffer.alloc(walHeaderBytes, 7), whole.subarray(walHeaderBytes)])),
    ...chosen.flatMap((frame) => {
      const begin = walHeaderBytes + frame * frameBytes;
      const edited = (at: number) => () => {
        const bytes = Buffer.from(whole);
        bytes[begin + at] = (bytes[begin + at] ?? 0) ^ 0x55;
        return bytes;
      };
      return [
        cut(`cut before frame ${frame + 1}`, () => whole.subarray(0, begin)),
        cut(`cut within frame ${frame + 1}`, () => whole.subarray(0, begin + 1500)),
        cut(`head of frame ${frame + 1} edited`, edited(1)),
        cut(`page of frame ${frame + 1} edited`, edited(24 + ((frame * 613) % pageBytes))),
      ];
    }),
  ];
}

function countEntries(file: string): number | undefined {
  const database = new Database(file, { readonly: true });
  try {
    return Number(database.prepare('SELECT count(*) FROM entries').pluck().get());
  } catch {
    return undefined;
  } finally {
    database.close();
  }
}

function olderCopies({ main, older }: SampleLogs): DamageCase[] {
  return older.flatMap(({ path, entries }) => {
    const restored = (name: string, expected: Expectation, elsewhere: readonly string[]): DamageCase => ({
      group: 'older copy',
      name: `of ${entries} entries, ${name}`,
      expected,
      elsewhere,
      make: (file) => copyWithLog(path, file),
    });
    return [
      restored('all checkpoints kept elsewhere', { seq: entries + 1, kind: 'rolled_back' }, main.elsewhere),
      restored('the newest kept elsewhere', { seq: entries + 1, kind: 'rolled_back' }, main.elsewhere.slice(-1)),
      // Nothing can show it: stated as a limit.
      restored('nothing kept elsewhere', 'holds', []),
    ];
  });
}

import { copyFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { indexedTexts } from '../../../main/adapters/sqlite/search-index.ts';
import { signCheckpoint } from '../../../main/core/audit/checkpoint.ts';
import { sealEntry } from '../../../main/core/audit/entry.ts';
import type { CaseMaker, DamageCase, Expectation } from './damage-case.ts';
import { keyOfNobody, rewriteFrom } from './forgery.ts';

/** Rows removed, added, duplicated, edited, in every table; and the schema itself. */
export const tableCases: CaseMaker = (samples, long) => {
  const { main, relaxed, other } = samples;
  const { entries, checkpoints } = main;
  const [, first = 0, second = 0, third = 0] = checkpoints;
  const change = (
    group: string,
    name: string,
    expected: Expectation,
    edit: string | ((database: Database.Database) => void),
    more: Partial<DamageCase> & { readonly strict?: boolean } = {},
  ): DamageCase => ({
    group,
    name,
    expected,
    ...more,
    make: (file) => {
      copyFileSync(more.strict === true ? main.path : relaxed.path, file);
      const database = new Database(file);
      database.unsafeMode(true);
      if (typeof edit === 'string') database.exec(edit);
      else edit(database);
      database.close();
    },
  });
  const at = (seq: number, kind: string): Expectation => ({ seq, kind });
  const renumber = (from: number, by: number): string =>
    `UPDATE entries SET seq = seq + 1000000 WHERE seq >= ${from}; UPDATE entries SET seq = seq - ${1_000_000 - by} WHERE seq > 900000`;

  const rows = [
    change('entries', 'none removed', 'holds', ''),
    change('entries', 'the first removed', at(1, 'missing'), 'DELETE FROM entries WHERE seq = 1'),
    change('entries', 'one removed', at(150, 'missing'), 'DELETE FROM entries WHERE seq = 150'),
    change('entries', 'many removed', at(100, 'missing'), 'DELETE FROM entries WHERE seq BETWEEN 100 AND 220'),
    change('entries', 'the newest removed', at(entries, 'truncated'), `DELETE FROM entries WHERE seq = ${entries}`),
    change('entries', 'all removed', at(1, 'truncated'), 'DELETE FROM entries'),
    change(
      'entries',
      'one removed, the rest moved up',
      at(150, 'missing'),
      `DELETE FROM entries WHERE seq = 150; ${renumber(151, -1)}`,
    ),
    change(
      'entries',
      'the first removed, the rest moved up',
      at(1, 'missing'),
      `DELETE FROM entries WHERE seq = 1; ${renumber(2, -1)}`,
    ),
    change('entries', 'one put in between, the rest moved down', at(151, 'reordered'), (database) => {
      database.exec(renumber(150, 1));
      const prev = String(database.prepare('SELECT hash FROM entries WHERE seq = 149').pluck().get());
      insert(database, forged(150, prev));
    }),
    change('entries', 'one added at the end, rightly chained', 'holds', (database) => {
      const prev = String(database.prepare('SELECT hash FROM entries ORDER BY seq DESC LIMIT 1').pluck().get());
      insert(database, forged(entries + 1, prev));
    }),
    change('entries', 'one added at the end, chained to nothing', at(entries, 'edited'), (database) =>
      insert(database, forged(entries + 1, 'cd'.repeat(32))),
    ),
    change('entries', 'one far back put at the end again', at(entries + 1, 'edited'), copyRow(100, entries + 1)),
    change(
      'entries',
      'a near one put at the end again',
      at(entries + 1, 'reordered'),
      copyRow(entries - 9, entries + 1),
    ),
    change(
      'entries',
      'the newest in the place of the one before',
      at(entries - 1, 'missing'),
      `DELETE FROM entries WHERE seq = ${entries - 1}; UPDATE entries SET seq = ${entries - 1} WHERE seq = ${entries}`,
    ),
    change('entries', 'content erased without a record', at(200, 'edited'), erase('seq = 200')),
    change(
      'entries',
      'content of the record of erasing erased',
      at(main.compaction, 'edited'),
      erase("kind = 'log.compacted'"),
    ),
    change('entries', 'all content erased', at(main.compaction, 'edited'), erase('1')),
  ];

  const notes = [first, second, third, entries].flatMap((size) => {
    const note = main.elsewhere[checkpoints.indexOf(size)] ?? '';
    const forgery = at(size, 'forged_checkpoint');
    const set = (what: string, value: unknown, expected: Expectation = forgery): DamageCase =>
      change('checkpoints', `${what}, over ${size}`, expected, (database) =>
        database.prepare('UPDATE checkpoints SET note = ? WHERE size = ?').run(value, size),
      );
    const before = checkpoints.filter((each) => each < size).at(-1) ?? 0;
    const theirs = other.elsewhere[other.checkpoints.indexOf(size)] ?? '';
    return [
      change('checkpoints', `removed, over ${size}`, 'holds', `DELETE FROM checkpoints WHERE size = ${size}`),
      change(
        'checkpoints',
        `its time, over ${size}`,
        'holds',
        `UPDATE checkpoints SET at = 'never' WHERE size = ${size}`,
      ),
      change(
        'checkpoints',
        `under another size, over ${size}`,
        at(size - 3, 'forged_checkpoint'),
        `UPDATE checkpoints SET size = ${size - 3} WHERE size = ${size}`,
      ),
      change(
        'checkpoints',
        `twice, over ${size}`,
        at(size - 3, 'forged_checkpoint'),
        `INSERT INTO checkpoints SELECT size - 3, at, note FROM checkpoints WHERE size = ${size}`,
      ),
      set('NULL', null),
      set('a number', 7),
      set('bytes', Buffer.from(note)),
      set('empty', ''),
      set('nothing but its text', note.slice(0, note.indexOf('—'))),
      set('the newline gone', note.slice(0, -1)),
      set('another size in the text', note.replace(`\n${size}\n`, `\n${size - 1}\n`)),
      set(
        'another root',
        note.replace(/\n(.)(.*=\n\n)/u, (_all, one, rest) => `\n${one === 'A' ? 'B' : 'A'}${rest}`),
      ),
      set(
        'another signature',
        note.replace(/.(.{3})\n$/u, (all) => (all.startsWith('A') ? `B${all.slice(1)}` : `A${all.slice(1)}`)),
      ),
      set('another key of the same name', signCheckpoint(keyOfNobody(main.key.name), size, Buffer.alloc(32))),
      set('the key of another log', theirs === '' ? signCheckpoint(other.key, size, Buffer.alloc(32)) : theirs),
      // Whoever has the key signed something else: the entries are what does not fit.
      set('our key over other entries', signCheckpoint(main.key, size, Buffer.alloc(32)), at(before + 1, 'edited')),
      ...flips(note, long ? 7 : 41).map(([what, text]) => set(what, text)),
    ];
  });

  const beside = [
    change(
      'tree',
      'a node edited',
      at(256, 'edited'),
      `UPDATE tree SET hash = '${'ab'.repeat(32)}' WHERE level = 8 AND position = 0`,
    ),
    change('tree', 'a node NULL', at(256, 'edited'), 'UPDATE tree SET hash = NULL WHERE level = 8 AND position = 0'),
    change(
      'tree',
      'a node as bytes',
      at(256, 'edited'),
      'UPDATE tree SET hash = CAST(hash AS BLOB) WHERE level = 8 AND position = 0',
    ),
    change(
      'tree',
      'a node under another number',
      at(256, 'edited'),
      'UPDATE tree SET position = 77 WHERE level = 8 AND position = 0',
    ),
    change('tree', 'all gone', at(256, 'edited'), 'DELETE FROM tree'),
    change('tree', 'one more, over entries to come', 'holds', `INSERT INTO tree VALUES (8, 700, '${'ab'.repeat(32)}')`),
    change(
      'activity',
      'an end that never was',
      at(entries + 1, 'truncated'),
      `UPDATE activity SET last_seq = ${entries + 5}`,
    ),
    change('activity', 'an earlier end', 'holds', 'UPDATE activity SET last_seq = 5', { besideIsWrong: true }),
    change('activity', 'no number', 'holds', "UPDATE activity SET last_seq = 'abc'", { besideIsWrong: true }),
    change('activity', 'a later beginning', 'holds', 'UPDATE activity SET first_seq = 50', { besideIsWrong: true }),
    change('activity', 'all gone', 'holds', 'DELETE FROM activity', { besideIsWrong: true }),
    change('rollups', 'one more', 'holds', "UPDATE rollups SET entries = entries + 1 WHERE field = 'kind'", {
      strict: true,
      besideIsWrong: true,
    }),
    change('rollups', 'one value gone', 'holds', "DELETE FROM rollups WHERE field = 'kind'", {
      strict: true,
      besideIsWrong: true,
    }),
    change('rollups', 'a value that never was', 'holds', "INSERT INTO rollups VALUES ('agent', 'nobody', 3, 5)", {
      strict: true,
      besideIsWrong: true,
    }),
    change('rollups', 'all gone', 'holds', 'DELETE FROM rollups', { strict: true, besideIsWrong: true }),
    change('followers', 'one row gone', 'holds', "DELETE FROM followers WHERE name = 'search'", {
      strict: true,
      besideIsWrong: true,
    }),
    change('followers', 'further than the entries', 'holds', 'UPDATE followers SET through = through + 1000', {
      strict: true,
      besideIsWrong: true,
    }),
    change('search index', 'one entry taken out', 'holds', unindex(200), { strict: true, besideIsWrong: true }),
    change('search index', 'one entry under another kind', 'holds', unindex(200, 'kpolicy\ue02eloaded'), {
      strict: true,
      besideIsWrong: true,
    }),
    change('search index', 'emptied', 'holds', "INSERT INTO search (search) VALUES ('delete-all')", {
      strict: true,
      besideIsWrong: true,
    }),
    change('search index', 'its data gone', 'holds', 'DELETE FROM search_data WHERE id > 10', {
      strict: true,
      besideIsWrong: true,
    }),
    change(
      'search index',
      'its data cut short',
      'holds',
      'UPDATE search_data SET block = substr(block, 1, 8) WHERE id > 10',
      { strict: true, besideIsWrong: true },
    ),
    change('search index', 'dropped', 'holds', 'DROP TABLE search', { strict: true, besideIsWrong: true }),
    ...['entries', 'tree', 'checkpoints', 'activity'].map((table) =>
      change('schema', `${table} dropped`, at(1, 'unreadable'), `DROP TABLE ${table}`),
    ),
    ...['rollups', 'followers'].map((table) =>
      change('schema', `${table} dropped`, 'holds', `DROP TABLE ${table}`, { strict: true, besideIsWrong: true }),
    ),
    ...['prev', 'payload'].map((column) =>
      change(
        'schema',
        `column ${column} renamed`,
        at(1, 'unreadable'),
        `ALTER TABLE entries RENAME COLUMN ${column} TO x`,
      ),
    ),
    change('schema', 'a guard dropped', 'holds', 'DROP TRIGGER entries_are_never_removed', {
      strict: true,
      besideIsWrong: true,
    }),
    change(
      'schema',
      'a trigger added',
      'holds',
      'CREATE TRIGGER extra AFTER INSERT ON activity BEGIN DELETE FROM tree; END',
      { strict: true, besideIsWrong: true },
    ),
    change('schema', 'a table added', 'holds', 'CREATE TABLE extra (x)', { strict: true, besideIsWrong: true }),
    change('schema', 'another version', 'holds', 'PRAGMA user_version = 77', { strict: true }),
    change('schema', 'no application', 'holds', 'PRAGMA application_id = 0', { strict: true }),
  ];

  const histories = [1, first, first + 1, 150, second, entries - 1, entries].flatMap((seq) => {
    const vouched = checkpoints.filter((size) => size < seq).at(-1) ?? 0;
    const rewrite = (database: Database.Database): void => rewriteFrom(database, seq);
    return [
      change('rewritten chain', `from ${seq} on`, at(vouched + 1, 'edited'), rewrite),
      change(
        'rewritten chain',
        `from ${seq} on, without the checkpoints`,
        at(vouched + 1, 'rolled_back'),
        (database) => {
          rewrite(database);
          database.exec(`DELETE FROM checkpoints WHERE size >= ${seq}`);
        },
      ),
      change(
        'rewritten chain',
        `from ${seq} on, signed by nobody`,
        at(checkpoints.find((size) => size >= seq) ?? 0, 'forged_checkpoint'),
        (database) => {
          rewrite(database);
          const sizes = database
            .prepare<[number], number>('SELECT size FROM checkpoints WHERE size >= ?')
            .pluck()
            .all(seq);
          const set = database.prepare('UPDATE checkpoints SET note = ? WHERE size = ?');
          for (const size of sizes)
            set.run(signCheckpoint(keyOfNobody(main.key.name), size, Buffer.alloc(32, 1)), size);
        },
      ),
    ];
  });

  const splices = [1, first, 120, second, entries - 1].flatMap((last) => {
    const vouched = checkpoints.filter((size) => size <= last).at(-1) ?? 0;
    const next = checkpoints.find((size) => size > last) ?? 0;
    const splice = (database: Database.Database, tables: readonly string[]): void => {
      database.prepare('ATTACH ? AS other').run(other.path);
      database.exec(
        `DELETE FROM entries WHERE seq > ${last}; INSERT INTO entries SELECT * FROM other.entries WHERE seq > ${last}`,
      );
      for (const table of tables) {
        database.exec(
          `DELETE FROM ${table} WHERE size > ${last}; INSERT INTO ${table} SELECT * FROM other.${table} WHERE size > ${last}`,
        );
      }
    };
    return [
      change('spliced logs', `after ${last}`, at(last, 'edited'), (database) => splice(database, [])),
      change('spliced logs', `after ${last}, chained anew`, at(vouched + 1, 'edited'), (database) => {
        splice(database, []);
        rewriteFrom(database, last + 1, false);
      }),
      change(
        'spliced logs',
        `after ${last}, chained anew, with the other's checkpoints`,
        at(next, 'forged_checkpoint'),
        (database) => {
          splice(database, ['checkpoints']);
          rewriteFrom(database, last + 1, false);
        },
      ),
    ];
  });
  return [...rows, ...notes, ...beside, ...histories, ...splices];
};

function forged(seq: number, prev: string): ReturnType<typeof sealEntry> {
  const event = { kind: 'decision', summary: 'it never was', detail: {} } as const;
  return sealEntry(event, { seq, prev, at: '2026-01-31T12:00:00.000Z', salt: 'ab'.repeat(16) });
}

function insert(database: Database.Database, entry: ReturnType<typeof sealEntry>): void {
  const { seq, at, kind, prev, salt, payloadHash, hash, payload } = entry;
  database
    .prepare('INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?)')
    .run(seq, at, kind, prev, salt, payloadHash, hash, payload);
}

function copyRow(from: number, to: number): string {
  return `INSERT INTO entries SELECT ${to}, at, kind, prev, salt, payload_hash, hash, payload FROM entries WHERE seq = ${from}`;
}

function erase(where: string): string {
  return `UPDATE entries SET payload = '', salt = '${'0'.repeat(32)}' WHERE ${where}`;
}

/** Takes entry `seq` out of the index, to the letter, and puts nothing or another facet in its place. */
function unindex(seq: number, facets?: string): (database: Database.Database) => void {
  return (database) => {
    const [kind, payload] = database
      .prepare<[number], [string, string]>('SELECT kind, payload FROM entries WHERE seq = ?')
      .raw()
      .get(seq) ?? ['', ''];
    const [before, words] = indexedTexts(kind, payload);
    database
      .prepare("INSERT INTO search (search, rowid, facets, words) VALUES ('delete', ?, ?, ?)")
      .run(seq, before, words);
    if (facets !== undefined)
      database.prepare('INSERT INTO search (rowid, facets, words) VALUES (?, ?, ?)').run(seq, `x ${facets}`, words);
  };
}

/** A bit of a byte of a note changed, every `step` bytes. */
function flips(note: string, step: number): [string, string][] {
  const bytes = Buffer.from(note);
  const found: [string, string][] = [];
  for (let at = 0; at < bytes.length; at += step) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (flipped[at] ?? 0) ^ (1 << (at % 7));
    found.push([`bit ${at % 7} of byte ${at}`, flipped.toString('utf8')]);
  }
  return found;
}

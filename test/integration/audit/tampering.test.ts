import { truncate, writeFile } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { note, type TemporaryLog, temporaryLog } from './temporary-log.ts';

let place: TemporaryLog;
beforeEach(async () => {
  place = await temporaryLog();
});
afterEach(async () => {
  await place.remove();
});

/** A closed log with twenty entries. */
async function writtenLog(): Promise<void> {
  const log = await place.write();
  await Promise.all(
    Array.from({ length: 19 }, (_, index) => log.append(note(`entry ${index + 2}`, { agent: 'claude' }))),
  );
  await log.close();
}

/** Changes the closed log as an attacker with the file would: triggers gone, then anything. */
function tamper(change: (database: Database.Database) => void): void {
  const database = new Database(place.path);
  for (const name of ['entries_are_never_changed', 'entries_are_never_removed', 'entries_are_only_added']) {
    database.exec(`DROP TRIGGER ${name}`);
  }
  change(database);
  database.close();
}

async function verified() {
  const reader = await place.read();
  const result = await reader.verify();
  await reader.close();
  return result;
}

describe('[AUD-1] tampering is found and located', () => {
  test('the untouched log is the control: it holds', async () => {
    await writtenLog();
    expect(await verified()).toMatchObject({ ok: true, entries: 20 });
  });

  test.each([
    ['at', '2020-01-01T00:00:00.000Z'],
    ['kind', 'session.started'],
    ['prev', 'a'.repeat(64)],
    ['salt', 'a'.repeat(32)],
    ['payload_hash', 'a'.repeat(64)],
    ['hash', 'a'.repeat(64)],
    ['payload', '{"detail":{},"summary":"nothing to see"}'],
  ])('an edited %s', async (column, value) => {
    await writtenLog();
    tamper((database) => database.prepare(`UPDATE entries SET ${column} = ? WHERE seq = 9`).run(value));
    const result = await verified();
    expect(result).toMatchObject({ ok: false, entries: 8, damage: { seq: 9, kind: 'edited' } });
  });

  test('one letter of a payload', async () => {
    await writtenLog();
    tamper((database) =>
      database.exec("UPDATE entries SET payload = replace(payload, 'claude', 'claudf') WHERE seq = 20"),
    );
    expect(await verified()).toMatchObject({ ok: false, damage: { seq: 20, kind: 'edited' } });
  });

  test.each([
    ['the first', 'seq = 1', 1, 'missing'],
    ['one in the middle', 'seq = 9', 9, 'missing'],
    ['several', 'seq BETWEEN 5 AND 7', 5, 'missing'],
    ['the newest', 'seq = 20', 20, 'truncated'],
    ['all', 'true', 1, 'truncated'],
  ])('deleted: %s', async (_what, where, seq, kind) => {
    await writtenLog();
    tamper((database) => database.exec(`DELETE FROM entries WHERE ${where}`));
    expect(await verified()).toMatchObject({ ok: false, damage: { seq, kind } });
  });

  test('two that changed places', async () => {
    await writtenLog();
    tamper((database) =>
      database.exec(
        'UPDATE entries SET seq = 1000 WHERE seq = 9; UPDATE entries SET seq = 9 WHERE seq = 10; UPDATE entries SET seq = 10 WHERE seq = 1000',
      ),
    );
    expect(await verified()).toMatchObject({ ok: false, damage: { seq: 9, kind: 'reordered' } });
  });

  test('a deletion with the rest moved up', async () => {
    await writtenLog();
    tamper((database) => {
      database.exec('DELETE FROM entries WHERE seq = 9');
      for (let seq = 10; seq <= 20; seq += 1)
        database.prepare('UPDATE entries SET seq = ? WHERE seq = ?').run(seq - 1, seq);
    });
    expect(await verified()).toMatchObject({ ok: false, damage: { seq: 9, kind: 'missing' } });
  });

  test('a value that no entry can have', async () => {
    await writtenLog();
    tamper((database) => database.prepare('UPDATE entries SET hash = ? WHERE seq = 9').run('X'.repeat(64)));
    expect(await verified()).toMatchObject({ ok: false, damage: { seq: 9, kind: 'unreadable' } });
  });

  test('nothing can be changed through the database while its triggers stand', async () => {
    await writtenLog();
    const database = new Database(place.path);
    const row = database.prepare<[], Record<string, unknown>>('SELECT * FROM entries WHERE seq = 9').get();
    for (const sql of [
      "UPDATE entries SET kind = 'x' WHERE seq = 9",
      'DELETE FROM entries WHERE seq = 20',
      'DELETE FROM entries',
      'INSERT OR REPLACE INTO entries SELECT * FROM entries WHERE seq = 9',
    ]) {
      expect(() => database.exec(sql)).toThrow(/^entries are /u);
    }
    expect(database.prepare('SELECT * FROM entries WHERE seq = 9').get()).toEqual(row);
    database.close();
    expect((await verified()).ok).toBe(true);
  });
});

describe('[AUD-1] damage does not stop recording, and is said loudly', () => {
  test('a damaged entry among the newest is on record when the log is opened again', async () => {
    await writtenLog();
    tamper((database) => database.exec("UPDATE entries SET payload = '{}' WHERE seq = 9"));
    const log = await place.write();
    expect(log.damage).toMatchObject({ seq: 9, kind: 'edited' });
    const next = await log.append(note('life goes on'));
    expect(next.seq).toBe(23);
    const reader = await place.read();
    const { events } = await reader.query({ query: 'kind:log.damaged', limit: 5 });
    expect(events).toMatchObject([{ seq: 22, detail: { seq: 9, damage: 'edited' } }]);
    expect(await reader.verify()).toMatchObject({ ok: false, damage: { seq: 9 } });
  });

  test('a cut end leaves a gap that later entries do not fill', async () => {
    await writtenLog();
    tamper((database) => database.exec('DELETE FROM entries WHERE seq > 15'));
    const log = await place.write();
    expect(log.damage).toMatchObject({ seq: 16, kind: 'truncated' });
    expect((await log.append(note('after'))).seq).toBe(23);
    expect(await verified()).toMatchObject({ ok: false, damage: { seq: 16, kind: 'missing' } });
  });

  test('an entry whose payload is garbage is shown as damage, not left out', async () => {
    await writtenLog();
    tamper((database) => database.exec("UPDATE entries SET payload = 'garbage' WHERE seq = 9"));
    const reader = await place.read();
    const { events } = await reader.query({ query: '', limit: 100 });
    expect(events).toHaveLength(20);
    expect(events.find(({ seq }) => seq === 9)).toMatchObject({
      kind: 'log.damaged',
      summary: 'Entry 9 cannot be read.',
    });
  });

  test('a file that is no database any more is refused with what to do', async () => {
    await writtenLog();
    await writeFile(place.path, 'not a database at all, but long enough to be looked at'.repeat(100));
    for (const attempt of [() => place.write(), () => place.read()]) {
      await expect(attempt()).rejects.toMatchObject({
        data: { code: 'audit_damaged', remedy: expect.stringContaining('move the file away') },
      });
    }
  });

  test('a torn file is reported by verify, not by a crash', async () => {
    const log = await place.write();
    for (let index = 0; index < 500; index += 1)
      log.observe(note(`entry ${index}`, { detail: { text: 'x'.repeat(900) } }));
    await log.close();
    await truncate(place.path, 4096 * 60);
    const reader = await place.read().catch((error: unknown) => error);
    if (reader instanceof Error) expect(reader).toMatchObject({ data: { code: 'audit_damaged' } });
    else expect(await verified()).toMatchObject({ ok: false });
  });

  test('a database of something else is not taken for a log', async () => {
    const other = new Database(place.path);
    other.exec('CREATE TABLE mine (x)');
    other.close();
    await expect(place.write()).rejects.toMatchObject({ data: { code: 'state_unusable' } });
    await expect(place.read()).rejects.toMatchObject({ data: { code: 'state_unusable' } });
  });
});

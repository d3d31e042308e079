import { createHash } from 'node:crypto';
import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

const pageBytes = 4096;

/** Bytes that no database has, the same each time. */
function garbage(bytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(bytes / 32) }, (_, index) =>
    createHash('sha256').update(`${index}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, bytes);
}

async function overwrite(file: string, at: number, bytes: Buffer): Promise<void> {
  const content = await readFile(file);
  bytes.copy(content, at);
  await writeFile(file, content);
}

/** First page of a table or index; pages count from 1. */
function rootPage(file: string, name: string): number {
  const database = new Database(file, { readonly: true });
  try {
    return Number(database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(name));
  } finally {
    database.close();
  }
}

const onPage = (name: string) => (file: string) =>
  overwrite(file, (rootPage(file, name) - 1) * pageBytes, garbage(pageBytes));

interface Harm {
  readonly what: string;
  readonly file: 'audit.db' | 'state.db' | 'supervisor.lock' | 'audit.db-writer';
  readonly harm: (file: string) => Promise<void>;
  /** What a refused start says, or that it starts. */
  readonly told: RegExp | 'starts';
}

const moveAway = /is damaged[\s\S]*Move .*state\.db away|damaged[\s\S]*move the file away/u;
const harms: readonly Harm[] = [
  { what: 'header', file: 'audit.db', harm: (file) => overwrite(file, 0, garbage(100)), told: moveAway },
  { what: 'schema page', file: 'audit.db', harm: (file) => overwrite(file, 100, garbage(pageBytes - 100)), told: moveAway },
  { what: 'page of entries', file: 'audit.db', harm: onPage('entries'), told: moveAway },
  { what: 'page of the search index', file: 'audit.db', harm: onPage('search_data'), told: moveAway },
  { what: 'second half', file: 'audit.db', harm: async (file) => truncate(file, (await readFile(file)).length / 2), told: moveAway },
  { what: 'header', file: 'state.db', harm: (file) => overwrite(file, 0, garbage(100)), told: moveAway },
  { what: 'page of tasks', file: 'state.db', harm: onPage('task'), told: moveAway },
  { what: 'index of sessions', file: 'state.db', harm: onPage('sqlite_autoindex_session_1'), told: moveAway },
  { what: 'whole content', file: 'supervisor.lock', harm: (file) => writeFile(file, garbage(pageBytes)), told: /supervisor\.lock cannot be used[\s\S]*may be removed/u },
  { what: 'whole content', file: 'audit.db-writer', harm: (file) => writeFile(file, garbage(pageBytes)), told: /audit\.db-writer cannot be used[\s\S]*may be removed/u },
  { what: 'whole content, emptied', file: 'state.db', harm: (file) => truncate(file), told: 'starts' },
]; // biome-ignore format: one line each

describe('[AUD-6] damaged files', () => {
  let home: TempHome;
  let whole: string;
  const state = () => path.join(home.state, 'state');

  beforeAll(async () => {
    home = await openTempHome();
    whole = path.join(home.folder, 'whole');
    expect((await home.run(['task', 'new', 'Work', '--for', '2h'])).status).toBe(0);
    expect((await home.run(['run', '--', 'true'])).status).toBe(0);
    await stopped();
    // The databases without their logs, so that every page is in the file itself.
    for (const name of ['audit.db', 'state.db']) new Database(path.join(state(), name)).close();
    await cp(state(), whole, { recursive: true });
  });
  afterAll(() => home.close());

  /** Stops the supervisor and waits until it let go of its files. */
  async function stopped(): Promise<void> {
    await home.run(['supervisor', 'stop', '--force']);
    await eventually(async () => (await home.run(['supervisor', 'status'])).status === 1, {
      what: 'the supervisor to end',
    });
  }

  async function restore(): Promise<void> {
    await rm(state(), { recursive: true });
    await cp(whole, state(), { recursive: true });
  }

  test.each(harms)('$file: $what', async ({ file, harm, told }) => {
    await restore();
    const target = path.join(state(), file);
    await harm(target);
    const damaged = await readFile(target);
    const started = await home.run(['supervisor', 'start']);
    if (told === 'starts') {
      expect(started.status, started.stderr).toBe(0);
      expect((await home.run(['log', 'verify'])).status).toBe(0);
      await stopped();
      return;
    }
    expect(started.status).toBe(125);
    expect(started.stderr).toMatch(told);
    expect(started.stderr).not.toContain('bug');
    // Nothing is repaired by guessing: the evidence stays as it is.
    expect((await readFile(target)).equals(damaged)).toBe(true);
  });

  test('audit.db: list of free pages: what is there can be read, nothing new is allowed', async () => {
    await restore();
    const freeList = Buffer.alloc(8);
    freeList.writeUInt32BE(3, 0);
    freeList.writeUInt32BE(7, 4);
    await overwrite(path.join(state(), 'audit.db'), 32, freeList);
    // Nothing needs a free page before something grows.
    const run = await home.run(['run', '--', 'touch', 'ran']);
    const verified = await home.run(['log', 'verify']);
    if (run.status !== 0) {
      expect(run).toMatchObject({ status: 125, stderr: expect.stringMatching(moveAway) });
      expect(await readdir(home.workspace)).toEqual([]);
    }
    expect(verified.stdout + verified.stderr).toMatch(/The log holds|damaged/u);
    await stopped();
  });

  test('a record that was removed or emptied is told of in the next one', async () => {
    await restore();
    await truncate(path.join(state(), 'audit.db'));
    expect((await home.run(['supervisor', 'start'])).status).toBe(0);
    const events = parseJsonLines((await home.run(['log', 'kind:log.damaged', '--json'])).stdout) as AuditEvent[];
    expect(events).toMatchObject([
      { summary: expect.stringContaining('begins anew'), detail: { damage: 'truncated' } },
    ]);
    await stopped();
  });
});

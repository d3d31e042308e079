import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, describe, expect, test } from 'vitest';
import { loadPresets, loadToolchains } from '../../../main/adapters/agents/load-data.ts';
import { EntryReader } from '../../../main/adapters/sqlite/entry-reader.ts';
import { EntryWriter } from '../../../main/adapters/sqlite/entry-writer.ts';
import { Redactor } from '../../../main/core/audit/redact.ts';
import { HeadRefused, parseRequestHead } from '../../../main/core/network/http-head.ts';
import { shown } from '../../../main/core/policy/words.ts';
import { fuzz } from '../../fuzz/fuzz.ts';
import { loadTarget } from '../../fuzz/targets.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Deeper than the recursion of a schema can go, and still JSON. */
const deep = `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`;

/** Inputs that broke a property once, small, by target. They are what stays of the long runs. */
const kept: Readonly<Record<string, readonly string[]>> = {
  // Node's parser reads headers, and so a Host, behind a request line of HTTP/0.9.
  tunnel: [
    '\x02GET /\nHost:t\n\n',
    '\x02PRI /\nHost:t:\n\n',
    '\x02PRI /\nHost:.\n\n',
    '\x02GET /\r\nHost: b.test\r\n\r\n',
  ],
  // Unassigned code points that draw nothing, in sentences for a person.
  escape: ['\u2065', '\uffff', '\u115f'],
};

describe('what fuzzing found stays away', () => {
  test.each(Object.entries(kept))('%s', async (name, inputs) => {
    const target = await loadTarget(name);
    for (const input of inputs) await target.check(input);
    expect((await fuzz({ ...target, seeds: inputs }, { seed: 1, runs: inputs.length })).crashers).toEqual([]);
  });

  test.each(['Content_Length: 5', 'transfer_encoding: chunked'])(
    '[GRT-1] %s imitates a header that frames',
    (header) => {
      expect(() => parseRequestHead(`GET http://a.test/ HTTP/1.1\r\n${header}\r\n\r\n`)).toThrow(HeadRefused);
    },
  );

  test('[APR-2] a sentence shows what draws nothing', () => {
    expect(shown('a\u2065b\uffffc\u3164d')).toBe('a\\u{2065}b\\u{ffff}c\\u{3164}d');
  });

  test('[RUN-2] a data file nested deeper than the stack is a typed error', async () => {
    const shipped = JSON.parse(
      readFileSync(new URL('../../../resources/agents/generic.json', import.meta.url), 'utf8'),
    );
    const text = JSON.stringify({ ...shipped, seedFiles: [{ path: '~/a', json: 'HERE' }] }).replace('"HERE"', deep);
    for (const [name, load] of [
      ['agents', loadPresets],
      ['toolchains', loadToolchains],
    ] as const) {
      mkdirSync(path.join(folder, name));
      writeFileSync(path.join(folder, name, 'generic.json'), name === 'agents' ? text : deep);
      await expect(load(path.join(folder, name))).rejects.toMatchObject({ data: { code: 'preset_invalid' } });
    }
  });

  test('[AUD-6] an entry that somebody made deeper than the stack is damage, and hides no other', () => {
    const file = path.join(folder, 'audit.db');
    const writer = new EntryWriter(file, undefined, new Redactor());
    const event = { kind: 'decision' as const, summary: 'An event.', detail: {} };
    writer.write([1, 2, 3].map((n) => ({ event, at: `2026-01-31T12:00:0${n}.000Z`, salt: String(n).repeat(32) })));
    writer.close();
    const database = new Database(file);
    database.exec('DROP TRIGGER entries_are_never_changed');
    database.prepare('UPDATE entries SET payload = ? WHERE seq = 2').run(`{"detail":${deep},"summary":"x"}`);
    database.close();
    const reader = new EntryReader(file);
    const found = reader.query({ query: '', limit: 10 }, 0).events.map(({ seq, kind }) => [seq, kind]);
    reader.close();
    expect(found).toEqual([
      [3, 'decision'],
      [2, 'log.damaged'],
      [1, 'decision'],
    ]);
  });
});

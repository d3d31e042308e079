import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import { auditQueueBounds } from '../../../main/adapters/sqlite/audit-log-options.ts';
import { note, type TemporaryLog, temporaryLog } from './temporary-log.ts';

let place: TemporaryLog;
beforeEach(async () => {
  place = await temporaryLog();
});
afterEach(async () => {
  await place.remove();
});

describe('[AUD-1] recording', () => {
  test('what was appended is there for a reader at once, numbered without gaps and chained', async () => {
    const log = await place.write();
    const first = await log.append(note('one', { agent: 'claude', detail: { n: 1, deep: [{ x: null }] } }));
    const second = await log.append(note('two'));
    expect([first.seq, second.seq]).toEqual([2, 3]);
    const reader = await place.read();
    expect(await reader.get(2)).toEqual(first);
    expect(await reader.count()).toBe(3);
    expect(await reader.get(4)).toBeUndefined();
    expect(await reader.verify()).toEqual({ ok: true, entries: 3, head: second.hash, index: { ok: true } });
  });

  test('the first entry says that the log was opened, and so does each later opening', async () => {
    const log = await place.write();
    await log.append(note('one'));
    await log.close();
    await place.write();
    const reader = await place.read();
    const { events } = await reader.query({ query: 'kind:log.opened', limit: 10 });
    expect(events.map(({ seq, detail }) => [seq, detail['entries']])).toEqual([
      [3, 2],
      [1, 0],
    ]);
    expect((await reader.verify()).ok).toBe(true);
  });

  test('concurrent appends are in the order of the calls, and so are subscribers and observations between them', async () => {
    const log = await place.write();
    const heard: AuditEvent[] = [];
    const unsubscribe = log.subscribe((event) => heard.push(event));
    const appended: Promise<AuditEvent>[] = [];
    for (let index = 0; index < 2000; index += 1) {
      if (index % 3 === 0) log.observe(note(`n${index}`));
      else appended.push(log.append(note(`n${index}`)));
    }
    const events = await Promise.all(appended);
    await log.flush();
    expect(heard.map(({ summary }) => summary)).toEqual(Array.from({ length: 2000 }, (_, index) => `n${index}`));
    expect(heard.map(({ seq }) => seq)).toEqual(Array.from({ length: 2000 }, (_, index) => index + 2));
    for (const event of events) expect(heard[event.seq - 2]).toEqual(event);
    unsubscribe();
    await log.append(note('unheard'));
    expect(heard).toHaveLength(2000);
    const reader = await place.read();
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 2002 });
  });

  test('an observation is written without anybody waiting for it', async () => {
    const log = await place.write();
    const heard = new Promise<AuditEvent>((resolve) => log.subscribe(resolve));
    log.observe(note('seen'));
    expect((await heard).summary).toBe('seen');
  });

  test('closing writes what waits, and afterwards nothing is accepted', async () => {
    const log = await place.write();
    log.observe(note('last words'));
    await log.close();
    await log.close();
    await expect(log.append(note('too late'))).rejects.toMatchObject({ data: { code: 'audit_unavailable' } });
    const reader = await place.read();
    expect((await reader.query({ query: 'words', limit: 1 })).events).toHaveLength(1);
  });

  test('over the bound an append is refused, and lost observations are counted on record', async () => {
    const log = await place.write();
    const { appendsMax, observationsMax } = auditQueueBounds;
    const appended = Array.from({ length: appendsMax + 5 }, (_, index) => log.append(note(`a${index}`)));
    for (let index = 0; index < observationsMax + 7; index += 1) log.observe(note('o'));
    const settled = await Promise.allSettled(appended);
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(5);
    await log.flush();
    const reader = await place.read();
    const { events } = await reader.query({ query: 'kind:limit.reached', limit: 10 });
    expect(events.map(({ detail }) => detail)).toEqual([{ limit: 'audit.observations', lost: 7 }]);
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 1 + appendsMax + observationsMax + 1 });
  });

  test('an event that is too large is refused; one that is large is cut', async () => {
    const log = await place.write();
    const large = await log.append(note('large', { detail: { text: 'x'.repeat(1_000_000) } }));
    expect(large.detail['text']).toMatch(/x…\[cut \d+ characters\]$/u);
    const huge = note('huge', { detail: { text: 'x'.repeat(auditQueueBounds.eventCharactersMax) } });
    await expect(log.append(huge)).rejects.toMatchObject({ data: { code: 'audit_unavailable' } });
    expect((await log.append(note('next'))).seq).toBe(large.seq + 1);
  });

  test('a clock that is set back changes times, not the order', async () => {
    let now = Date.UTC(2026, 5, 1);
    const log = await place.write({ now: () => now });
    await log.append(note('later'));
    now = Date.UTC(2026, 4, 1);
    await log.append(note('earlier'));
    const reader = await place.read({ now: () => Date.UTC(2026, 5, 2) });
    expect(await reader.verify()).toMatchObject({ ok: true, entries: 3 });
    const found = async (query: string) =>
      (await reader.query({ query, limit: 9 })).events
        .map(({ summary }) => summary)
        .filter((text) => /er$/u.test(text));
    expect(await found('since:2026-06-01')).toEqual(['later']);
    expect(await found('until:2026-05-02')).toEqual(['earlier']);
    expect(await found('since:2026-05-01')).toEqual(['earlier', 'later']);
  });
});

describe('[AUD-1] one writer', () => {
  test('a second one is refused while the first lives, and may follow it', async () => {
    const log = await place.write();
    await expect(place.write()).rejects.toMatchObject({
      data: { code: 'audit_unavailable', what: expect.stringContaining('another process') },
    });
    await log.append(note('undisturbed'));
    await log.close();
    const next = await place.write();
    expect((await next.append(note('next'))).seq).toBe(4);
  });

  test('nobody else can read the files', async () => {
    const log = await place.write();
    await log.append(note('x'));
    for (const name of await readdir(place.folder)) {
      expect([name, (await stat(join(place.folder, name))).mode & 0o077]).toEqual([name, 0]);
    }
  });

  test('a folder that is missing and a log that is missing are said so', async () => {
    await expect(place.write({ path: join(place.folder, 'none', 'audit.db') })).rejects.toMatchObject({
      data: { code: 'state_unusable' },
    });
    await expect(place.read()).rejects.toMatchObject({ data: { code: 'not_found' } });
  });
});

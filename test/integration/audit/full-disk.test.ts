import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test } from 'vitest';
import type { OpenedAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';
import { eventually } from '../../helpers/poll.ts';
import { skipUnless } from '../../helpers/skip.ts';
import { note, type TemporaryLog, temporaryLog } from './temporary-log.ts';

let place: TemporaryLog;
beforeEach(async () => {
  place = await temporaryLog();
});
afterEach(async () => {
  await place.remove();
});

/** Appends until the log refuses; returns the number of the last acknowledged entry. */
async function fill(log: OpenedAuditLog): Promise<number> {
  for (let last = 0; ; ) {
    try {
      last = (await log.append(note('filling', { detail: { text: 'x'.repeat(3000) } }))).seq;
    } catch (error) {
      expect(error).toMatchObject({ data: { code: 'audit_unavailable', why: 'There is no space left on the disk.' } });
      return last;
    }
  }
}

test('[AUD-1] when the database cannot grow, appending is refused until it can, and what was acknowledged stays', async () => {
  const log = await place.write({ pagesMax: 120 });
  const last = await fill(log);
  await expect(log.append(note('refused too'))).rejects.toMatchObject({ data: { code: 'audit_unavailable' } });
  await log.close();
  const roomy = await place.write();
  expect((await roomy.append(note('recorded'))).seq).toBeGreaterThan(last);
  const reader = await place.read();
  expect(await reader.verify()).toMatchObject({ ok: true });
  expect(await reader.get(last)).toMatchObject({ summary: 'filling' });
});

/** A small file system of its own; only root can mount one, and not in every container. */
const mountPoint = mkdtempSync(join(tmpdir(), 'gatehouse-small-'));
const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m,mode=0700', 'tmpfs', mountPoint]).status === 0;
afterAll(() => {
  if (mounted) spawnSync('umount', ['-l', mountPoint]);
  rmSync(mountPoint, { recursive: true, force: true });
});

skipUnless(mounted, 'a small file system can only be mounted as root')(
  '[AUD-1] on a full disk recording stops, says so, and goes on by itself when there is room',
  async () => {
    const ballast = join(mountPoint, 'ballast');
    await writeFile(ballast, Buffer.alloc(1_000_000));
    const path = join(mountPoint, 'audit.db');
    const log = await place.write({ path });
    const last = await fill(log);
    // All before the log can be opened again, which frees a little space.
    const refused = log.append(note('refused'));
    log.observe(note('lost'));
    await expect(Promise.all([refused, log.flush()])).rejects.toMatchObject({ data: { code: 'audit_unavailable' } });
    await truncate(ballast, 0);
    const event = await eventually(() => log.append(note('recorded again')).catch(() => undefined), {
      what: 'the log to be written again',
    });
    await log.flush();
    await log.close();
    const after = await place.write({ path });
    await after.close();
    const reader = await place.read({ path });
    expect(await reader.verify()).toMatchObject({ ok: true });
    expect(await reader.get(last)).toMatchObject({ summary: 'filling' });
    expect(await reader.get(event.seq)).toEqual(event);
    const { events } = await reader.query({ query: '"written again" kind:log.opened', limit: 9 });
    expect(events.length).toBeGreaterThanOrEqual(1);
    const lost = await reader.query({ query: 'kind:limit.reached', limit: 9 });
    expect(lost.events.length).toBeGreaterThanOrEqual(1);
  },
);

import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { NewEvent } from '#contract/audit.ts';
import { auditQueueBounds } from '../../../main/adapters/sqlite/audit-log-options.ts';
import { note, type TemporaryLog, temporaryLog } from './temporary-log.ts';

let place: TemporaryLog;
beforeEach(async () => {
  place = await temporaryLog();
});
afterEach(async () => {
  await place.remove();
});

/** Files of the log's folder that hold the bytes. A program of its own: closing a file here would drop SQLite's locks. */
function filesWith(text: string): string[] {
  const result = spawnSync('grep', ['-rlaF', '--', text, place.folder], { encoding: 'utf8' });
  return result.stdout.split('\n').filter((line) => line !== '');
}

test('[AUD-5] no byte of a planted canary reaches any file of the log', async () => {
  const canary = 'CaNaRy+5f2c?81 d9&e="';
  const forms = {
    plain: canary,
    url: encodeURIComponent(canary),
    json: JSON.stringify(canary).slice(1, -1),
    hex: Buffer.from(canary).toString('hex'),
    base64: Buffer.from(canary).toString('base64'),
    credentials: Buffer.from(`user:${canary}`).toString('base64'),
  };
  const log = await place.write();
  // The control: before it is registered, it is written as it stands, in every form, and this search sees it.
  const control = 'control-7a6b5c4d';
  await log.append(note(`carries ${control}`, { detail: { hex: Buffer.from(control).toString('hex') } }));
  expect(filesWith(control)).not.toEqual([]);
  expect(filesWith(Buffer.from(control).toString('hex'))).not.toEqual([]);

  log.addSecret(canary, 'planted');
  const events: NewEvent[] = Object.entries(forms).flatMap(([form, value]) => [
    note(`says ${value} aloud`),
    note(form, { resource: { kind: 'path', path: `/tmp/x${value}` } }),
    note(form, {
      resource: { kind: 'url', scheme: 'https', method: 'GET', host: 'a.example', port: 443, path: `/?q=${value}` },
    }),
    note(form, { agent: value.slice(0, 128), session: value, task: value }),
    note(form, {
      detail: { argv: ['run', value, `--x=${value}`], [value]: { deep: [value] }, error: `failed: ${value}` },
    }),
    note(form, { detail: { cut: 'x'.repeat(4090) + value } }),
  ]);
  for (const event of events) await log.append(event);
  for (const event of events) log.observe(event);
  await log.flush();

  const look = (): void => {
    for (const value of [forms.url, forms.hex, forms.base64, forms.credentials.slice(8, -4), canary]) {
      expect([value, filesWith(value)]).toEqual([value, []]);
    }
  };
  look();
  await log.close();
  look();
  const reader = await place.read();
  expect(await reader.verify()).toMatchObject({ ok: true });
  expect((await reader.query({ query: '"redacted planted"', limit: 100 })).events.length).toBeGreaterThan(40);
});

test('[AUD-5] a secret is known from the call on, before anything still waiting is written', async () => {
  const log = await place.write();
  for (let index = 0; index < auditQueueBounds.batchEvents / 2; index += 1)
    log.observe(note(`early-bird-canary ${index}`));
  log.addSecret('early-bird-canary', 'early');
  await log.append(note('early-bird-canary'));
  expect(filesWith('early-bird-canary')).toEqual([]);
});

test('[AUD-5] a value too short to be told from ordinary text is refused', async () => {
  const log = await place.write();
  expect(() => log.addSecret('12345', 'pin')).toThrow('under 6 characters');
});

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { verifyEd25519 } from '../../../main/adapters/sqlite/verify-ed25519.ts';
import { holdsProof } from '../../../main/core/audit/proof.ts';
import { note, type TemporaryLog, temporaryLog } from './temporary-log.ts';
import { testKeeper } from './test-keeper.ts';

let place: TemporaryLog;
beforeEach(async () => {
  place = await temporaryLog();
});
afterEach(async () => {
  await place.remove();
});

test('[AUD-6] erased content is gone from the file, and every proof and both verifiers still hold', async () => {
  const keeper = testKeeper();
  const log = await place.write({ keeper });
  for (let index = 0; index < 400; index += 1) log.observe(note(`canary-${index} was here`, { agent: 'claude' }));
  await log.flush();
  const erasing = log.compact(300, 'a test');
  // Recording goes on meanwhile.
  const meanwhile = await log.append(note('meanwhile'));
  expect(await erasing).toBe(300);
  expect(await log.compact(300, 'again')).toBe(0);
  await log.close();

  const reader = await place.read();
  expect(await reader.verify({ keys: [keeper.verifier], elsewhere: keeper.kept })).toMatchObject({ ok: true });
  expect(await reader.get(10)).toMatchObject({ seq: 10, kind: 'decision', detail: { erased: true } });
  expect(await reader.get(310)).toMatchObject({ agent: 'claude' });
  expect((await reader.query({ query: 'canary', limit: 1000 })).events).toHaveLength(102);
  expect((await reader.query({ query: 'agent:claude', limit: 1000 })).events).toHaveLength(102);
  expect((await reader.query({ query: 'kind:decision', limit: 1000 })).events).toHaveLength(401);
  for (const seq of [10, 310, meanwhile.seq]) {
    const proof = await reader.proveEntry(seq);
    expect(holdsProof(proof, [keeper.key], verifyEd25519)).toMatchObject({ ok: true });
  }
  const grown = await reader.proveGrowth(1);
  expect(holdsProof(grown, [keeper.key], verifyEd25519)).toMatchObject({ ok: true });
  const forged = { ...(await reader.proveEntry(310)) };
  if (forged.entry !== undefined) forged.entry = { ...forged.entry, payload: '{"detail":{},"summary":"x"}' };
  expect(holdsProof(forged, [keeper.key], verifyEd25519).ok).toBe(false);
  expect(holdsProof(grown, [testKeeper().key], verifyEd25519).ok).toBe(false);

  const verifier = path.resolve(import.meta.dirname, '../../fixtures/verifier/verify.py');
  const { stdout } = await promisify(execFile)('python3', [verifier, place.path, '--key', keeper.verifier]);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true });
  const file = await readFile(place.path, 'latin1');
  expect(file.includes('canary-350')).toBe(true);
  expect(file.includes('canary-150')).toBe(false);
});

import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpointKeeper, readWitness } from '../../../main/adapters/keystore/checkpoint-keeper.ts';
import { openKeychainKeystore } from '../../../main/adapters/keystore/keychain-keystore.ts';
import type { Keystore } from '../../../main/adapters/keystore/keystore.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { type SecretService, startSecretService } from '../../helpers/secret-service.ts';

let keychain: SecretService;
let keystore: Keystore;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'gh-'));
  keychain = await startSecretService();
  keystore = await openKeychainKeystore({
    keychainWorker: path.join(distFolder, 'keychain.js'),
    environment: { PATH: process.env['PATH'], HOME: '/', ...keychain.environment },
    home: '/one',
    timeoutMs: 60_000,
  });
});
afterAll(async () => {
  await keystore.close();
  await keychain.close();
  await rm(folder, { recursive: true, force: true });
});

const delays = { firstMs: 100, factor: 2, lastMs: 500 };
const quiet = { delays, recovered: () => undefined, witness: undefined, signedBy: undefined };

describe('[AUD-2] the key that signs checkpoints', () => {
  test('is not made anew for a record that was signed before', async () => {
    const lost = openCheckpointKeeper(keystore, { ...quiet, signedBy: 'gatehouse/0123456789abcdef' });
    await expect(lost).rejects.toMatchObject({
      data: {
        code: 'keystore_unavailable',
        why: expect.stringContaining('gatehouse/0123456789abcdef'),
        remedy: expect.stringContaining('Bring the keystore back'),
      },
    });
    expect(await keystore.find('checkpoint-key')).toBeUndefined();
  });

  test('is made once and is the same from then on', async () => {
    const first = await openCheckpointKeeper(keystore, quiet);
    const again = await openCheckpointKeeper(keystore, { ...quiet, signedBy: first.key.name });
    expect(again.key.publicKey).toEqual(first.key.publicKey);
  });

  test('a keychain that is away: the witness gets every checkpoint, the keychain the newest when it is back', async () => {
    const witness = path.join(folder, 'witness.jsonl');
    let recovered = 0;
    const keeper = await openCheckpointKeeper(keystore, {
      ...quiet,
      witness,
      recovered: () => {
        recovered += 1;
      },
    });
    await keeper.keep('one');
    await keychain.vanish();
    for (const note of ['two', 'three']) {
      await expect(keeper.keep(note)).rejects.toMatchObject({ data: { code: 'keystore_unavailable' } });
    }
    expect(keeper.failure).toMatchObject({ data: { code: 'keystore_unavailable' } });
    expect(readWitness(witness)).toEqual(['one', 'two', 'three']);
    await keychain.comeBack();
    await eventually(() => recovered > 0, { what: 'the keychain to be asked again' });
    expect(keeper.failure).toBeUndefined();
    expect(await keystore.find('checkpoint-newest')).toBe('three');
    keeper.close();
  });
});

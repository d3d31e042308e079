import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { openFileKeystore } from '../../../main/adapters/keystore/file-keystore.ts';
import { keystoreBounds } from '../../../main/adapters/keystore/keystore.ts';
import { openKeystore } from '../../../main/adapters/keystore/open-keystore.ts';

let folder: string;
let file: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(os.tmpdir(), 'gh-'));
  file = path.join(folder, 'keystore.json');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const passphrase = 'a passphrase of the test';
const contentSchema = z.object({ items: z.record(z.string(), z.string()) }).loose();
const unavailable = (why: RegExp) => ({ data: { code: 'keystore_unavailable', why: expect.stringMatching(why) } });

describe('[AUD-2] the encrypted file', () => {
  test('keeps, replaces and removes, for its owner alone, and shows nothing', async () => {
    const first = await openFileKeystore(file, passphrase);
    await first.set('key', 'one');
    await first.set('key', 'a secret value');
    await first.set('other', 'x'.repeat(keystoreBounds.valueBytesMax));
    expect(await first.remove('other')).toBe(true);
    expect(await first.remove('other')).toBe(false);
    await first.close();
    const again = await openFileKeystore(file, passphrase);
    expect(await again.find('key')).toBe('a secret value');
    expect(await again.find('other')).toBeUndefined();
    await again.close();
    const text = await readFile(file, 'utf8');
    expect(text).not.toContain('a secret value');
    expect(text).not.toContain(passphrase);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  test('another passphrase, or none, is refused and changes nothing', async () => {
    const before = await readFile(file);
    await expect(openFileKeystore(file, 'another')).rejects.toMatchObject(unavailable(/not the one it was made with/u));
    await expect(openFileKeystore(file, '')).rejects.toMatchObject(unavailable(/empty/u));
    const place = { file, keychainWorker: '/nowhere', home: '/one', environment: { GATEHOUSE_KEYSTORE: 'file' } };
    await expect(openKeystore(place)).rejects.toMatchObject({ data: { code: 'keystore_unavailable' } });
    expect(await readFile(file)).toEqual(before);
    const credentials = { ...place.environment, CREDENTIALS_DIRECTORY: folder };
    await writeFile(path.join(folder, 'gatehouse-passphrase'), `${passphrase}\n`);
    const keystore = await openKeystore({ ...place, environment: credentials });
    expect(await keystore.find('key')).toBe('a secret value');
    await keystore.close();
  });

  test('values that were changed, or changed places, are noticed', async () => {
    const keystore = await openFileKeystore(file, passphrase);
    await keystore.set('second', 'another value');
    await keystore.close();
    const content = contentSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    const { key = '', second = '' } = content.items;
    await writeFile(file, JSON.stringify({ ...content, items: { ...content.items, key: second, second: key } }));
    const swapped = await openFileKeystore(file, passphrase);
    for (const name of ['key', 'second']) {
      await expect(swapped.find(name)).rejects.toMatchObject(unavailable(/was changed/u));
    }
    await swapped.close();
    await writeFile(file, 'no keystore');
    await expect(openFileKeystore(file, passphrase)).rejects.toMatchObject(unavailable(/not a keystore of Gatehouse/u));
  });
});

import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openKeychainKeystore } from '../../../main/adapters/keystore/keychain-keystore.ts';
import { type Keystore, keystoreBounds } from '../../../main/adapters/keystore/keystore.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import { type SecretService, type SecretServiceOptions, startSecretService } from '../../helpers/secret-service.ts';

let service: SecretService | undefined;
let opened: Keystore[] = [];
afterEach(async () => {
  await Promise.all(opened.map((keystore) => keystore.close()));
  opened = [];
  await service?.close();
  service = undefined;
});

async function start(options?: SecretServiceOptions): Promise<SecretService> {
  service = await startSecretService(options);
  return service;
}

const keychainWorker = path.join(distFolder, 'keychain.js');
const ordinary = { PATH: process.env['PATH'], HOME: '/' };

/** How long a keychain has for an answer: only shorter while a test lets it say nothing. */
const patience = { ms: 60_000 };

/** Opens the keychain that runs now, as a Gatehouse with this home would. */
async function open(options: { home?: string; worker?: string } = {}): Promise<Keystore> {
  const keystore = await openKeychainKeystore({
    keychainWorker: options.worker ?? keychainWorker,
    environment: { ...ordinary, ...service?.environment },
    home: options.home ?? '/one',
    get timeoutMs() {
      return patience.ms;
    },
  });
  opened.push(keystore);
  return keystore;
}

const unavailable = (why: RegExp) => ({
  data: {
    code: 'keystore_unavailable',
    what: 'The keychain cannot be used.',
    why: expect.stringMatching(why),
    remedy: expect.stringMatching(/GATEHOUSE_KEYSTORE=file\.$/u),
  },
});

describe('[AUD-2] a keychain that works', () => {
  beforeEach(async () => void (await start()));

  test('keeps, finds, replaces and removes by name', async () => {
    const keystore = await open();
    expect(await keystore.find('checkpoint-key')).toBeUndefined();
    expect(await keystore.remove('checkpoint-key')).toBe(false);
    await keystore.set('checkpoint-key', 'one');
    await keystore.set('checkpoint-key', 'two\n– not only ASCII');
    expect(await (await open()).find('checkpoint-key')).toBe('two\n– not only ASCII');
    expect(await keystore.remove('checkpoint-key')).toBe(true);
    expect(await keystore.find('checkpoint-key')).toBeUndefined();
  });

  test('two supervisors of one person do not share items', async () => {
    const [one, two] = [await open({ home: '/one' }), await open({ home: '/two' })];
    await one.set('checkpoint-key', 'of one');
    expect(await two.find('checkpoint-key')).toBeUndefined();
    await two.set('checkpoint-key', 'of two');
    expect(await two.remove('checkpoint-key')).toBe(true);
    expect(await one.find('checkpoint-key')).toBe('of one');
  });

  test('takes values up to its bound, and no other names and values', async () => {
    const keystore = await open();
    const largest = 'x'.repeat(keystoreBounds.valueBytesMax);
    await keystore.set('large', largest);
    expect(await keystore.find('large')).toBe(largest);
    const refused = { data: { code: 'invalid_request' } };
    for (const value of [`${largest}x`, '', 'a\0b']) {
      await expect(keystore.set('large', value)).rejects.toMatchObject(refused);
    }
    for (const name of ['', 'a#b', 'a\nb', 'x'.repeat(keystoreBounds.nameCharactersMax + 1)]) {
      await expect(keystore.find(name)).rejects.toMatchObject(refused);
    }
    expect(await keystore.find('large')).toBe(largest);
  });

  test('answers many questions at once, each its own', async () => {
    const keystore = await open();
    const names = Array.from({ length: 20 }, (_, index) => `name-${index}`);
    await Promise.all(names.map((name) => keystore.set(name, `value of ${name}`)));
    expect(await Promise.all(names.map((name) => keystore.find(name)))).toEqual(
      names.map((name) => `value of ${name}`),
    );
  });
});

describe('[AUD-2] a keychain that cannot be used says so and is never empty', () => {
  test('no session bus', async () => {
    await expect(open()).rejects.toMatchObject(unavailable(/There is no session bus/u));
    const bus = await start({ empty: true });
    await bus.endBus();
    await expect(open()).rejects.toMatchObject(unavailable(/There is no session bus/u));
  });

  test('a bus without a keychain', async () => {
    await start({ empty: true });
    await expect(open()).rejects.toMatchObject(unavailable(/Nothing on the session bus keeps secrets/u));
  });

  test('a keychain that the bus keeps us from', async () => {
    await start({ deny: true });
    await expect(open()).rejects.toMatchObject(unavailable(/The session bus lets Gatehouse not talk to it/u));
  });

  test('locked: what is there and what is not look alike to the library, and neither is reported absent', async () => {
    const keychain = await start();
    const keystore = await open();
    await keystore.set('kept', 'value');
    await keychain.lock();
    const locked = unavailable(/It is locked/u);
    await expect(keystore.find('kept')).rejects.toMatchObject(locked);
    await expect(keystore.find('never kept')).rejects.toMatchObject({ data: { code: 'invalid_request' } });
    await expect(keystore.find('never-kept')).rejects.toMatchObject(locked);
    await expect(keystore.set('kept', 'other')).rejects.toMatchObject(locked);
    await expect(keystore.remove('kept')).rejects.toMatchObject(locked);
    await expect(open()).rejects.toMatchObject(locked);
    await keychain.vanish();
    await keychain.comeBack();
    expect(await keystore.find('kept')).toBe('value');
  });

  test('vanished in the middle and back again, and then its bus', async () => {
    const keychain = await start();
    const keystore = await open();
    await keystore.set('kept', 'value');
    await keychain.vanish();
    const gone = unavailable(/Nothing on the session bus keeps secrets/u);
    await expect(keystore.find('kept')).rejects.toMatchObject(gone);
    await expect(keystore.set('kept', 'other')).rejects.toMatchObject(gone);
    await keychain.comeBack();
    expect(await keystore.find('kept')).toBe('value');
    await keychain.endBus();
    await expect(keystore.find('kept')).rejects.toMatchObject(unavailable(/There is no session bus/u));
  });

  test('there but silent: the wait is bounded, and the next question is answered', async () => {
    const keychain = await start();
    const keystore = await open();
    await keystore.set('kept', 'value');
    keychain.pause();
    patience.ms = 1_000;
    await expect(keystore.find('kept')).rejects.toMatchObject(
      unavailable(/does not answer; it may be waiting for you/u),
    );
    keychain.resume();
    patience.ms = 60_000;
    expect(await keystore.find('kept')).toBe('value');
  });

  test('the library, or its native part, is not installed', async () => {
    await start();
    const folder = await mkdtemp(path.join(os.tmpdir(), 'gh-'));
    try {
      const bundles = (await readdir(distFolder)).filter((name) => name.endsWith('.js'));
      for (const name of bundles) await cp(path.join(distFolder, name), path.join(folder, name));
      await writeFile(path.join(folder, 'package.json'), '{"type":"module"}');
      const worker = path.join(folder, 'keychain.js');
      const missing = unavailable(/The library that talks to it cannot be loaded/u);
      await expect(open({ worker })).rejects.toMatchObject(missing);
      const library = path.join(folder, 'node_modules', 'keytar');
      await mkdir(library, { recursive: true });
      for (const name of ['package.json', 'lib']) {
        await cp(path.join(distFolder, '..', 'node_modules', 'keytar', name), path.join(library, name), {
          recursive: true,
        });
      }
      await expect(open({ worker })).rejects.toMatchObject(missing);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

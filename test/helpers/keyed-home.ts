import { createCipheriv, randomBytes, scryptSync } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runGatehouse } from './gatehouse.ts';
import { openTempHome, type TempHome } from './temp-home.ts';

/** Of every keystore made here. */
export const keyedPassphrase = 'a passphrase of the test';
/** The least that scrypt takes seriously: a start of the supervisor must not wait for it. */
const cost = { N: 2 ** 10, r: 8, p: 1 } as const;

/** A `TempHome` with an encrypted keystore, so that agents have identities, and a folder of programs first on its PATH. */
export interface KeyedHome extends TempHome {
  /** Writes an executable that the PATH finds, and returns where it is. */
  install(name: string, script: string): Promise<string>;
}

/** Makes a `KeyedHome`; close it like any other. */
export async function openKeyedHome(): Promise<KeyedHome> {
  const home = await openTempHome();
  const bin = path.join(home.home, 'bin');
  await mkdir(bin);
  await writeKeystore(path.join(home.state, 'state'));
  const environment = {
    ...home.environment,
    PATH: `${bin}:${home.environment['PATH'] ?? ''}`,
    GATEHOUSE_KEYSTORE: 'file',
    GATEHOUSE_PASSPHRASE: keyedPassphrase,
  };
  return {
    ...home,
    environment,
    run: (args, options = {}) => runGatehouse(args, { environment, cwd: home.workspace, ...options }),
    install: async (name, script) => {
      const file = path.join(bin, name);
      await writeFile(file, `#!/bin/bash\n${script}\n`);
      await chmod(file, 0o755);
      return file;
    },
  };
}

/** An empty keystore, as `docs/keystore.md` describes the file: its own parameters count. */
export async function writeKeystore(folder: string): Promise<void> {
  const salt = randomBytes(16);
  const nonce = randomBytes(12);
  const key = scryptSync(keyedPassphrase, salt, 32, cost);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(Buffer.from('check'));
  const check = Buffer.concat([nonce, cipher.update('', 'utf8'), cipher.final(), cipher.getAuthTag()]);
  const file = {
    v: 1,
    kdf: { name: 'scrypt', ...cost, salt: salt.toString('base64') },
    items: { check: check.toString('base64') },
  };
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFile(path.join(folder, 'keystore.json'), `${JSON.stringify(file)}\n`, { mode: 0o600 });
}

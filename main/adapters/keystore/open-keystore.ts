import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { openFileKeystore } from './file-keystore.ts';
import { openKeychainKeystore, whyNoKeychain } from './keychain-keystore.ts';
import type { Keystore } from './keystore.ts';

/** What the person chose and what there is. */
export interface KeystoreChoice {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where the encrypted file is, when that was chosen. */
  readonly file: string;
  /** The program that talks to the keychain. */
  readonly keychainWorker: string;
  /** Which Gatehouse this is, so that two of one person do not share items. */
  readonly home: string;
}

/** A keystore, or why there is none and what to do. Never another one than was chosen. */
export type OpenedKeystore =
  | { readonly keystore: Keystore }
  | { readonly keystore: undefined; readonly why: string; readonly remedy: string };

const remedy =
  'Sign in to a desktop session with a keyring, or set GATEHOUSE_KEYSTORE=file and GATEHOUSE_PASSPHRASE before the supervisor starts.';

/**
 * Opens the keystore: the system's keychain, or the encrypted file when GATEHOUSE_KEYSTORE=file says so. Throws
 * `keystore_unavailable` when a choice that was made by name cannot be met.
 */
export async function openKeystore(choice: KeystoreChoice): Promise<OpenedKeystore> {
  const { environment } = choice;
  const wanted = environment['GATEHOUSE_KEYSTORE'];
  if (wanted === 'file') return { keystore: await openFileKeystore(choice.file, passphrase(environment)) };
  if (wanted !== undefined && wanted !== '' && wanted !== 'keychain') {
    throw operatingError('keystore_unavailable', `GATEHOUSE_KEYSTORE is "${wanted}".`, {
      remedy: 'Set it to keychain or file.',
    });
  }
  const isChosen = wanted === 'keychain';
  const why = whyNoKeychain(environment);
  if (why !== undefined) {
    if (isChosen) throw operatingError('keystore_unavailable', 'The keychain cannot be used.', { why, remedy });
    return { keystore: undefined, why, remedy };
  }
  try {
    return { keystore: await openKeychainKeystore(choice) };
  } catch (error) {
    if (isChosen) throw error;
    return { keystore: undefined, why: error instanceof Error ? error.message : String(error), remedy };
  }
}

/** From GATEHOUSE_PASSPHRASE, or the file that systemd's credentials bring. */
function passphrase(environment: KeystoreChoice['environment']): string {
  const given = environment['GATEHOUSE_PASSPHRASE'];
  if (given !== undefined && given !== '') return given;
  const folder = environment['CREDENTIALS_DIRECTORY'];
  const file = folder === undefined ? undefined : join(folder, 'gatehouse-passphrase');
  if (file !== undefined && existsSync(file)) return readFileSync(file, 'utf8').replace(/\r?\n$/u, '');
  throw operatingError('keystore_unavailable', 'The encrypted keystore needs its passphrase.', {
    remedy: 'Set GATEHOUSE_PASSPHRASE, or bring it as the credential gatehouse-passphrase.',
  });
}

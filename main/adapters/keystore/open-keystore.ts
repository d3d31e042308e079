import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { openFileKeystore } from './file-keystore.ts';
import { openKeychainKeystore } from './keychain-keystore.ts';
import type { Keystore } from './keystore.ts';

/** What the person chose and what there is. */
export interface KeystoreChoice {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** As typed at a prompt, or brought by a pipe; it stands before the environment's. */
  readonly passphrase?: string | undefined;
  /** Where the encrypted file is, when that was chosen. */
  readonly file: string;
  /** The program that talks to the keychain. */
  readonly keychainWorker: string;
  /** Which Gatehouse this is, so that two of one person do not share items. */
  readonly home: string;
}

/** The person's choice, in GATEHOUSE_KEYSTORE; undefined when there is none, which means the keychain if it can be used. */
export function chosenKeystore(environment: KeystoreChoice['environment']): Keystore['kind'] | undefined {
  const wanted = environment['GATEHOUSE_KEYSTORE'];
  if (wanted === undefined || wanted === '') return undefined;
  if (wanted === 'file' || wanted === 'keychain') return wanted;
  throw operatingError('keystore_unavailable', `GATEHOUSE_KEYSTORE is "${wanted}".`, {
    remedy: 'Set it to keychain or file.',
  });
}

/**
 * Opens the keystore: the system's keychain, or the encrypted file when GATEHOUSE_KEYSTORE=file says so. Never another
 * one than was chosen. Throws `keystore_unavailable`.
 */
export async function openKeystore(choice: KeystoreChoice): Promise<Keystore> {
  if (chosenKeystore(choice.environment) !== 'file') return openKeychainKeystore(choice);
  return openFileKeystore(choice.file, choice.passphrase ?? findPassphrase(choice.environment) ?? missingPassphrase());
}

/** The passphrase from GATEHOUSE_PASSPHRASE, or from the file that systemd's credentials bring. */
export function findPassphrase(environment: KeystoreChoice['environment']): string | undefined {
  const given = environment['GATEHOUSE_PASSPHRASE'];
  if (given !== undefined && given !== '') return given;
  const folder = environment['CREDENTIALS_DIRECTORY'];
  const file = folder === undefined ? undefined : join(folder, 'gatehouse-passphrase');
  if (file !== undefined && existsSync(file)) return readFileSync(file, 'utf8').replace(/\r?\n$/u, '');
  return undefined;
}

function missingPassphrase(): never {
  throw operatingError('keystore_unavailable', 'The encrypted keystore needs its passphrase.', {
    remedy:
      'Start Gatehouse on a terminal, which asks for it; or set GATEHOUSE_PASSPHRASE, or bring it as the credential gatehouse-passphrase.',
  });
}

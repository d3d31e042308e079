import { operatingError } from '#contract/operating-error.ts';

/**
 * A place for secrets outside the databases. Whoever asks knows the names: nothing is ever listed.
 *
 * Every method rejects with `keystore_unavailable` when the keystore cannot be asked. In particular `find` says
 * `undefined` only when the keystore was open and had nothing: a locked one must not look like an empty one, or a new
 * key would be made and everything the old one signed would be in dispute.
 */
export interface Keystore {
  readonly kind: 'keychain' | 'file';
  find(name: string): Promise<string | undefined>;
  /** Resolves when it is kept for good. */
  set(name: string, value: string): Promise<void>;
  /** Resolves when it is not there any more, with whether it was. */
  remove(name: string): Promise<boolean>;
  close(): Promise<void>;
}

/** What a keystore takes. The smallest of the systems' own bounds is far above the largest thing we keep. */
export const keystoreBounds = { nameCharactersMax: 128, valueBytesMax: 16 * 1024 } as const;

/** Throws `invalid_request` for what no keystore takes: the caller's mistake, not the keystore's. */
export function assertStorable(name: string, value?: string): void {
  if (!/^[\w./:@+-]+$/u.test(name) || name.length > keystoreBounds.nameCharactersMax) {
    throw operatingError('invalid_request', `"${name}" cannot be the name of a secret.`, {
      why: `It may have ${keystoreBounds.nameCharactersMax} letters, digits and - _ . / : @ +.`,
    });
  }
  if (value === undefined) return;
  // The value itself is never in a message. Some keychains end a text at a NUL.
  if (value === '' || value.includes('\0') || Buffer.byteLength(value) > keystoreBounds.valueBytesMax) {
    throw operatingError('invalid_request', `The secret "${name}" cannot be kept.`, {
      why: `It must have 1 to ${keystoreBounds.valueBytesMax} bytes, none of them NUL.`,
    });
  }
}

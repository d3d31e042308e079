/** A place for secrets outside the databases. Values are short texts. */
export interface Keystore {
  readonly kind: 'keychain' | 'file';
  find(name: string): Promise<string | undefined>;
  /** Resolves when it is kept for good. */
  set(name: string, value: string): Promise<void>;
  close(): Promise<void>;
}

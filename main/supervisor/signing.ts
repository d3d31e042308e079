import { realpathSync } from 'node:fs';
import type { Logger } from 'pino';
import type { ErrorData } from '#contract/errors.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import {
  findNewest,
  openCheckpointKeeper,
  type RetryingKeeper,
  readWitness,
} from '../adapters/keystore/checkpoint-keeper.ts';
import type { RetryDelays } from '../adapters/keystore/copy-retry.ts';
import type { Keystore } from '../adapters/keystore/keystore.ts';
import { chosenKeystore, openKeystore } from '../adapters/keystore/open-keystore.ts';
import { verifierKey } from '../core/audit/checkpoint.ts';
import type { AuditLog, AuditReader, VerifyTrust } from '../core/audit/log.ts';

/** How checkpoints of the audit log are signed, or why not. */
export type SigningState =
  | {
      readonly key: string;
      readonly kind: Keystore['kind'];
      readonly witness: string | undefined;
      /** Checkpoints are signed, but the newest cannot be copied to the keystore now. */
      readonly lapse: Trouble | undefined;
    }
  | ({ readonly key: undefined } & Trouble);

/** What is wrong and what to do about it. */
interface Trouble {
  readonly why: string;
  readonly remedy: string;
}

/** Signing of checkpoints, which comes up beside the supervisor: a keychain may take long to answer. */
export interface Signing {
  /** Resolves when it is known whether checkpoints are signed, with what is so now. */
  readonly state: Promise<SigningState>;
  /** What the log is to be held against. */
  trust(): Promise<FoundTrust>;
  /** The keystore, once it is known whether it can be used; else why not. */
  keystore(): Promise<FoundKeystore>;
  close(): Promise<void>;
}

/** The open keystore, or why there is none. */
export type FoundKeystore = { readonly keystore: Keystore } | ({ readonly keystore: undefined } & Trouble);

/** What the log is to be held against, as far as it is there. */
export interface FoundTrust {
  readonly trust: VerifyTrust;
  /** Why the keystore of a signed record cannot be asked now: then nobody can say that no older copy was put back. */
  readonly missing: unknown;
}

/** A keychain that is away is asked again so often. Each time may show a window that asks for its password, hence no oftener. */
const retryDelays: RetryDelays = { firstMs: 5_000, factor: 4, lastMs: 600_000 };

/** What signing is made from. */
export interface SigningParts {
  readonly audit: AuditLog;
  readonly reader: AuditReader;
  readonly paths: StatePaths;
  readonly keychainWorker: string;
  readonly environment: NodeJS.ProcessEnv;
  /** Of the encrypted file, when it was typed at a prompt. */
  readonly passphrase?: string | undefined;
  readonly log: Logger;
  readonly delays?: RetryDelays;
}

/**
 * Opens the keystore and signs with it. One that was chosen by name is opened before this resolves, since its owner has
 * to hear at once that it cannot be used; a keychain nobody chose is waited for by whoever asks, and asked again while
 * it cannot be used.
 */
export async function startSigning(parts: SigningParts): Promise<Signing> {
  const { environment } = parts;
  const signer = new Signer(parts, { ...environment });
  // No child of this process inherits it.
  delete environment['GATEHOUSE_PASSPHRASE'];
  // Chosen by name, a keystore that cannot be used refuses the start; only where nobody chose may the log go unsigned.
  if (chosenKeystore(environment) !== undefined) await signer.open();
  else signer.openWhenPossible();
  return {
    get state() {
      return signer.state();
    },
    trust: () => signer.trust(),
    keystore: () => signer.keystore(),
    close: () => signer.close(),
  };
}

class Signer {
  readonly #parts: SigningParts;
  readonly #environment: Readonly<NodeJS.ProcessEnv>;
  readonly #witness: string | undefined;
  #keystore: Keystore | undefined;
  #keeper: RetryingKeeper | undefined;
  /** Why it is not open. */
  #failure: unknown;
  /** The first attempt. */
  #opening: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(parts: SigningParts, environment: NodeJS.ProcessEnv) {
    this.#parts = parts;
    this.#environment = environment;
    this.#witness = environment['GATEHOUSE_WITNESS'] || undefined;
  }

  /** Opens the keystore. Rejects when it cannot be used. */
  async open(): Promise<void> {
    const { paths, audit, reader, keychainWorker, passphrase, log } = this.#parts;
    const signedBy = keyOf(await reader.checkpoint());
    const environment = this.#environment;
    // One folder has one name, however it was reached: another name would be another Gatehouse's.
    const home = realpathSync(paths.home);
    const place = { environment, passphrase, file: paths.keystoreFile, keychainWorker, home };
    const keystore = await openKeystore(place);
    try {
      const keeper = await openCheckpointKeeper(keystore, {
        witness: this.#witness,
        signedBy,
        delays: this.#parts.delays ?? retryDelays,
        recovered: () => this.#recovered(),
      });
      if (this.#closed) throw new Error('It was closed meanwhile.');
      this.#keystore = keystore;
      this.#keeper = keeper;
    } catch (error) {
      await keystore.close();
      throw error;
    }
    // The keystore is open from here on; a record that cannot be written is its own trouble, told by every append.
    await audit.signWith(this.#keeper).catch((error: unknown) => log.error({ error: String(error) }, 'signing begins'));
  }

  /** Tries, and tries again until the keystore can be used. */
  openWhenPossible(): void {
    const delays = this.#parts.delays ?? retryDelays;
    let delayMs = delays.firstMs;
    const attempt = async (): Promise<void> => {
      try {
        await this.open();
      } catch (error) {
        await this.#tell(error);
        if (this.#closed) return;
        this.#timer = setTimeout(() => void attempt(), delayMs).unref();
        delayMs = Math.min(delayMs * delays.factor, delays.lastMs);
      }
    };
    this.#opening = attempt();
  }

  async state(): Promise<SigningState> {
    await this.#opening;
    const keeper = this.#keeper;
    if (keeper === undefined || this.#keystore === undefined) {
      return { key: undefined, ...troubleOf(this.#failure) };
    }
    const lapse = keeper.failure === undefined ? undefined : troubleOf(keeper.failure);
    return { key: verifierKey(keeper.key), kind: this.#keystore.kind, witness: this.#witness, lapse };
  }

  async keystore(): Promise<FoundKeystore> {
    await this.#opening;
    const keystore = this.#keystore;
    return keystore === undefined ? { keystore, ...troubleOf(this.#failure) } : { keystore };
  }

  async trust(): Promise<FoundTrust> {
    await this.#opening;
    if (this.#keeper === undefined || this.#keystore === undefined) {
      const isSigned = (await this.#parts.reader.checkpoint()) !== undefined;
      return { trust: { keys: [], elsewhere: [] }, missing: isSigned ? this.#failure : undefined };
    }
    const keys = [verifierKey(this.#keeper.key)];
    const kept = this.#witness === undefined ? [] : readWitness(this.#witness);
    try {
      const newest = await findNewest(this.#keystore);
      return { trust: { keys, elsewhere: newest === undefined ? kept : [...kept, newest] }, missing: undefined };
    } catch (error) {
      return { trust: { keys, elsewhere: kept }, missing: error };
    }
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#keeper?.close();
    // An attempt under way is not waited for: a keychain may take long, and what it opens is closed at once.
    await this.#keystore?.close();
  }

  /** Says once why nothing is signed; on record where the log used to be signed, since then it is news. */
  async #tell(error: unknown): Promise<void> {
    const isNews = this.#failure === undefined;
    this.#failure = error;
    if (!isNews || this.#closed) return;
    const { audit, reader, log } = this.#parts;
    const { why } = troubleOf(error);
    log.warn({ why }, 'checkpoints are not signed');
    const signedBefore = await reader.checkpoint().catch(() => undefined);
    if (signedBefore === undefined) return;
    audit.observe({
      kind: 'log.unsigned',
      summary: `Checkpoints are no longer signed: ${why}`,
      detail: { why, signedBy: keyOf(signedBefore) ?? null },
    });
  }

  #recovered(): void {
    if (this.#keeper === undefined) return;
    this.#parts.audit.observe({
      kind: 'log.signed',
      summary: 'Checkpoints are copied to the keystore again.',
      detail: { key: verifierKey(this.#keeper.key) },
    });
  }
}

/** A note's first line is the name of the key that signed it. */
function keyOf(note: string | undefined): string | undefined {
  return note?.split('\n')[0];
}

function troubleOf(error: unknown): Trouble {
  const data: ErrorData | undefined = error instanceof GatehouseError ? error.data : undefined;
  return {
    why: [data?.what ?? String(error), data?.why].filter((part) => part !== undefined).join(' '),
    remedy: data?.remedy ?? 'The supervisor’s log says more.',
  };
}

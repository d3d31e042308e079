import type { Logger } from 'pino';
import type { Mechanism } from '#contract/doctor.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { findNewest, openCheckpointKeeper, readWitness } from '../adapters/keystore/checkpoint-keeper.ts';
import type { Keystore } from '../adapters/keystore/keystore.ts';
import { openKeystore } from '../adapters/keystore/open-keystore.ts';
import { verifierKey } from '../core/audit/checkpoint.ts';
import type { AuditLog, VerifyTrust } from '../core/audit/log.ts';

/** How checkpoints of the audit log are signed, or why not. */
export type SigningState =
  | { readonly key: string; readonly kind: Keystore['kind']; readonly witness: string | undefined }
  | { readonly key: undefined; readonly why: string; readonly remedy: string };

/** Signing of checkpoints, which comes up beside the supervisor: a keychain may take long to answer. */
export interface Signing {
  /** Resolves when it is known whether checkpoints are signed. */
  readonly state: Promise<SigningState>;
  /** What the log is to be held against. */
  trust(): Promise<VerifyTrust>;
  close(): Promise<void>;
}

/**
 * Opens the keystore and signs with it. One that was chosen by name is opened before this resolves, since its owner has
 * to hear at once that it cannot be used; a keychain nobody chose is waited for by whoever asks.
 */
export async function startSigning(given: {
  readonly audit: AuditLog;
  readonly paths: StatePaths;
  readonly keychainWorker: string;
  readonly environment: NodeJS.ProcessEnv;
  readonly log: Logger;
}): Promise<Signing> {
  const { audit, paths, environment, log } = given;
  const witness = environment['GATEHOUSE_WITNESS'] || undefined;
  const { keychainWorker } = given;
  const choice = { environment: { ...environment }, file: paths.keystoreFile, keychainWorker, home: paths.home };
  // No child of this process inherits it.
  delete environment['GATEHOUSE_PASSPHRASE'];
  let keystore: Keystore | undefined;
  const open = async (): Promise<SigningState> => {
    const opened = await openKeystore(choice);
    if (opened.keystore === undefined) return { key: undefined, why: opened.why, remedy: opened.remedy };
    keystore = opened.keystore;
    const keeper = await openCheckpointKeeper(keystore, witness);
    await audit.signWith(keeper);
    return { key: verifierKey(keeper.key), kind: keystore.kind, witness };
  };
  // Chosen by name, a keystore that cannot be used refuses the start; only where nobody chose may the log go unsigned.
  const isChosen = (environment['GATEHOUSE_KEYSTORE'] ?? '') !== '';
  const state = isChosen ? Promise.resolve(await open()) : open().catch((error: unknown) => unsigned(error, log));
  return {
    state,
    trust: async () => {
      const { key } = await state;
      if (key === undefined || keystore === undefined) return { keys: [], elsewhere: [] };
      const newest = await findNewest(keystore);
      const kept = witness === undefined ? [] : readWitness(witness);
      return { keys: [key], elsewhere: newest === undefined ? kept : [...kept, newest] };
    },
    close: async () => {
      await state.catch(() => undefined);
      await keystore?.close();
    },
  };
}

/** What doctor says about it. */
export function signingMechanism(state: SigningState): Mechanism {
  const base = { id: 'checkpoint-signing', title: 'Signed checkpoints' } as const;
  if (state.key === undefined) {
    return { ...base, state: 'limited', detail: `Checkpoints are not signed: ${state.why}`, remedy: state.remedy };
  }
  const witness = state.witness === undefined ? '' : ` A witness is kept at ${state.witness}.`;
  if (state.kind === 'keychain') return { ...base, state: 'ok', detail: `With a key from your keychain.${witness}` };
  const detail = `With a key from an encrypted file, which is weaker than a keychain: it lies beside the record.${witness}`;
  return state.witness === undefined
    ? { ...base, state: 'limited', detail, remedy: 'Set GATEHOUSE_WITNESS to a file that is kept elsewhere.' }
    : { ...base, state: 'ok', detail };
}

function unsigned(error: unknown, log: Logger): SigningState {
  log.error({ error: String(error) }, 'checkpoints are not signed');
  const data = error instanceof GatehouseError ? error.data : undefined;
  return {
    key: undefined,
    why: [data?.what ?? String(error), data?.why].filter((part) => part !== undefined).join(' '),
    remedy: data?.remedy ?? 'The supervisor’s log says more.',
  };
}

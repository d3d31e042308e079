import { generateKeyPairSync, sign } from 'node:crypto';
import { type CheckpointKey, verifierKey } from '../../../main/core/audit/checkpoint.ts';
import type { CheckpointKeeper } from '../../../main/core/audit/log.ts';

/** A keeper in memory with a key of its own: a real key, a place that only the test can reach. */
export interface TestKeeper extends CheckpointKeeper {
  newest: string | undefined;
  /** Everything it was given, in order. */
  readonly kept: string[];
  /** Its public key in one word. */
  readonly verifier: string;
  /** When set, keeping fails with this. */
  failure: string | undefined;
}

/** Makes one. */
export function testKeeper(name = 'gatehouse/test'): TestKeeper {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const key: CheckpointKey = {
    name,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    sign: (bytes) => sign(null, bytes, privateKey),
  };
  const keeper: TestKeeper = {
    key,
    newest: undefined,
    kept: [],
    verifier: verifierKey(key),
    failure: undefined,
    keep: async (note) => {
      if (keeper.failure !== undefined) throw new Error(keeper.failure);
      keeper.kept.push(note);
      keeper.newest = note;
    },
  };
  return keeper;
}

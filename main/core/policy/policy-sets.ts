import type { PolicyFile, PolicyLayer } from './policy-layer.ts';
import { loadPolicySet, type PolicyGround, type PolicySet } from './policy-set.ts';

/** Policy sets of different repositories that are kept loaded. */
export const repositoryPolicySetsMax = 32;

/**
 * The loaded policy sets: one for workspaces without a policy of their own, and one for each different repository policy,
 * pinned by its text. Loading checks every rule and runs every example, so a session start must not repeat it.
 */
export class PolicySets {
  readonly #layers: readonly PolicyLayer[];
  readonly #ground: PolicyGround;
  readonly #byText = new Map<string, PolicySet>();
  /** For workspaces without a policy of their own. */
  readonly plain: PolicySet;

  /** Throws `policy_invalid`. `layers` are base, preset and user; `verifiedDigest` as for `loadPolicySet`. */
  constructor(layers: readonly PolicyLayer[], ground: PolicyGround, verifiedDigest?: string) {
    this.#layers = layers;
    this.#ground = ground;
    this.plain = loadPolicySet(layers, ground, verifiedDigest === undefined ? {} : { verifiedDigest });
  }

  /** The set for a workspace with this `.gatehouse/policy.cedar`. Throws `policy_invalid` when that cannot be loaded. */
  forRepository(file: PolicyFile | undefined): PolicySet {
    if (file === undefined) return this.plain;
    const key = JSON.stringify([file.name, file.text]);
    const known = this.#byText.get(key);
    if (known !== undefined) return known;
    const set = loadPolicySet([...this.#layers, { name: 'repository', files: [file] }], this.#ground);
    this.#byText.set(key, set);
    const [oldest] = this.#byText.keys();
    if (this.#byText.size > repositoryPolicySetsMax && oldest !== undefined) this.#byText.delete(oldest);
    return set;
  }
}

import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Preset } from '#contract/preset.ts';
import { readSmallText } from '../adapters/agents/read-bounded.ts';
import {
  readPolicyFolder,
  readPolicyGround,
  readRepositoryPolicy,
  type ShippedGround,
} from '../adapters/agents/read-policies.ts';
import { ownFolders, type StatePaths } from '../adapters/control/paths.ts';
import { checkPolicies, type PolicyCheck } from '../core/policy/check-policies.ts';
import { expandPath } from '../core/policy/path-sets.ts';
import type { PolicyFile, PolicyLayer } from '../core/policy/policy-layer.ts';
import { extendPathSets, loadPolicySet, type PolicyGround, type PolicySet } from '../core/policy/policy-set.ts';

const setsKeptMax = 64;
/** Digest of the policies whose validation and examples went well last time: they need not run again at each start. */
const verifiedFile = 'policies.verified';

/** Rules that are sound, and not in force yet. */
export interface ChangedPolicies {
  readonly layers: readonly PolicyLayer[];
  readonly common: PolicySet;
}

/**
 * The policies in force: base and user layers read once when the supervisor starts (and changed by a person's confirmation), the repository's read afresh for
 * each session and pinned for as long as it runs. Reading never follows a link out of the workspace.
 */
export class Policies {
  readonly #ground: PolicyGround;
  readonly #known: string;
  #layers: readonly PolicyLayer[];
  #common: PolicySet;
  /** By digest of the repository's file. */
  readonly #sets = new Map<string, PolicySet>();
  /** Files of a workspace that agents take for instructions, relative to it. */
  readonly instructionFiles: readonly string[];

  private constructor(
    ground: ShippedGround,
    layers: readonly PolicyLayer[],
    known: string,
    verifiedDigest: string | undefined,
  ) {
    this.#ground = ground;
    this.#layers = layers;
    this.#known = known;
    this.instructionFiles = ground.instructionFiles;
    this.#common = loadPolicySet(layers, ground, verifiedDigest === undefined ? {} : { verifiedDigest });
  }

  /** Reads and checks base and user layers. Rejects with `policy_invalid`. */
  static async load(
    shipped: string,
    paths: StatePaths,
    presets: readonly Preset[] | Promise<readonly Preset[]>,
  ): Promise<Policies> {
    const [ground, base, user] = await Promise.all([
      readPolicyGround(shipped, ownFolders(paths), presets),
      readPolicyFolder(shipped),
      readPolicyFolder(join(paths.config, 'policies')),
    ]);
    const layers: PolicyLayer[] = [
      { name: 'base', files: base },
      { name: 'user', files: user },
    ];
    const known = join(paths.state, verifiedFile);
    const policies = new Policies(ground, layers, known, await readSmallText(known, 64));
    await policies.#remember();
    return policies;
  }

  /** The set without any repository. */
  get common(): PolicySet {
    return this.#common;
  }

  /** The person's own files, as they are in force. */
  get userFiles(): readonly PolicyFile[] {
    return this.#layers.find(({ name }) => name === 'user')?.files ?? [];
  }

  /** What is wrong with a file of the person's own, judged by itself. */
  check(file: string, text: string): PolicyCheck {
    return checkPolicies([{ layer: 'user', name: file, text }], this.#ground);
  }

  /** The rules as they would be with another text of a file of the person's own, or without it. Throws `policy_invalid`. */
  withUserFile(file: string, text: string | undefined): ChangedPolicies {
    const others = this.userFiles.filter(({ name }) => name !== file);
    const files = text === undefined ? others : [...others, { name: file, text }];
    const sorted = files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    const layers = this.#layers.map((layer) => (layer.name === 'user' ? { ...layer, files: sorted } : layer));
    return { layers, common: loadPolicySet(layers, this.#ground) };
  }

  /** Puts changed rules in force, for sessions that start from now on; those that run keep what they were started with. */
  async use({ layers, common }: ChangedPolicies): Promise<void> {
    this.#layers = layers;
    this.#common = common;
    this.#sets.clear();
    await this.#remember();
  }

  /** Only saves time at the next start: a full disk refuses where something has to be recorded, with its own words. */
  async #remember(): Promise<void> {
    await writeFile(this.#known, this.#common.digest, { mode: 0o600 }).catch(() => undefined);
  }

  /**
   * The set for a workspace, its repository's policy included, with the real places of credentials that lie behind
   * links: a `~/.ssh` that leads into a granted `~/dotfiles` is masked there. Rejects with `policy_invalid`.
   */
  async forWorkspace(workspace: string, home: string): Promise<PolicySet> {
    const set = await this.#withRepository(workspace);
    const real = (set.pathSets.get('credentials') ?? []).flatMap((member) =>
      realElsewhere(expandPath(member, { workspace, home })),
    );
    return real.length === 0 ? set : extendPathSets(set, { credentials: real });
  }

  async #withRepository(workspace: string): Promise<PolicySet> {
    const text = await readRepositoryPolicy(workspace);
    if (text === undefined) return this.#common;
    const digest = createHash('sha256').update(text).digest('hex');
    const known = this.#sets.get(digest);
    if (known !== undefined) return known;
    const layer: PolicyLayer = { name: 'repository', files: [{ name: 'policy.cedar', text }] };
    const set = loadPolicySet([...this.#layers, layer], this.#ground);
    this.#sets.set(digest, set);
    const [oldest] = this.#sets.keys();
    if (this.#sets.size > setsKeptMax && oldest !== undefined) this.#sets.delete(oldest);
    return set;
  }
}

function realElsewhere(path: string): string[] {
  try {
    const real = realpathSync(path);
    return real === path ? [] : [real];
  } catch {
    // Nothing is there, so nothing leads elsewhere.
    return [];
  }
}

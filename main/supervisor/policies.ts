import { createHash } from 'node:crypto';
import { realpathSync } from 'node:fs';
import { lstat, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { readSmallText } from '../adapters/agents/read-bounded.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { expandPath, parsePathSets } from '../core/policy/path-sets.ts';
import type { PolicyFile, PolicyLayer } from '../core/policy/policy-layer.ts';
import { extendPathSets, loadPolicySet, type PolicyGround, type PolicySet } from '../core/policy/policy-set.ts';
import { policyFileCharsMax } from '../core/policy/rule.ts';

const filesMax = 100;
/** Where a repository's own policy lies; it can only restrict (GRT-6). */
const repositoryPolicy = '.gatehouse/policy.cedar';
const setsKeptMax = 64;
/** Digest of the policies whose validation and examples went well last time: they need not run again at each start. */
const verifiedFile = 'policies.verified';

/**
 * The policies in force: base and user layers read once when the supervisor starts, the repository's read afresh for
 * each session and pinned for as long as it runs. Reading never follows a link out of the workspace.
 */
export class Policies {
  readonly #ground: PolicyGround;
  readonly #layers: readonly PolicyLayer[];
  /** By digest of the repository's file. */
  readonly #sets = new Map<string, PolicySet>();
  /** The set without any repository. */
  readonly common: PolicySet;

  private constructor(ground: PolicyGround, layers: readonly PolicyLayer[], verifiedDigest: string | undefined) {
    this.#ground = ground;
    this.#layers = layers;
    this.common = loadPolicySet(layers, ground, verifiedDigest === undefined ? {} : { verifiedDigest });
  }

  /** Reads and checks base and user layers. Rejects with `policy_invalid`. */
  static async load(shipped: string, paths: StatePaths): Promise<Policies> {
    const own = [...new Set([paths.config, paths.state, paths.runtime, paths.home])];
    const [schema, sets, base, user] = await Promise.all([
      readPolicyText(join(shipped, 'schema.cedarschema')),
      readPolicyText(join(shipped, 'paths.json')),
      readPolicyFolder(shipped),
      readPolicyFolder(join(paths.config, 'policies')),
    ]);
    const layers: PolicyLayer[] = [
      { name: 'base', files: base },
      { name: 'user', files: user },
    ];
    const ground = { schema, pathSets: parsePathSets(sets, { gatehouse: own }) };
    const known = join(paths.state, verifiedFile);
    const policies = new Policies(ground, layers, await readSmallText(known, 64));
    await writeFile(known, policies.common.digest, { mode: 0o600 });
    return policies;
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
    if (text === undefined) return this.common;
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

async function readPolicyFolder(folder: string): Promise<PolicyFile[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw unreadable(folder, cause);
  });
  const files = names.filter((name) => name.endsWith('.cedar')).sort();
  if (files.length > filesMax) throw unreadable(folder, new Error(`it holds more than ${filesMax} policy files`));
  return Promise.all(files.map(async (name) => ({ name, text: await readPolicyText(join(folder, name)) })));
}

async function readPolicyText(path: string): Promise<string> {
  const text = await readSmallText(path, policyFileCharsMax);
  if (text === undefined) throw unreadable(path, new Error('it is missing, not an ordinary file, or too long'));
  return text;
}

/** A folder or file that is a link is refused: it would let the repository pin something it does not hold. */
async function readRepositoryPolicy(workspace: string): Promise<string | undefined> {
  for (const part of ['.gatehouse', repositoryPolicy]) {
    const found = await lstat(join(workspace, part)).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
      throw unreadable(join(workspace, part), cause);
    });
    if (found === undefined) return undefined;
    if (found.isSymbolicLink()) throw unreadable(join(workspace, part), new Error('it is a symbolic link'));
  }
  return readPolicyText(join(workspace, repositoryPolicy));
}

function unreadable(path: string, cause: Error) {
  return operatingError('policy_invalid', `The policy ${path} cannot be read.`, {
    why: `${cause.message}.`,
    remedy: 'Policies that cannot be read might forbid something, so nothing starts without them.',
    cause,
  });
}

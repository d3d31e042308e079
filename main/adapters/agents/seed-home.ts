import { randomBytes } from 'node:crypto';
import { chmod, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { posix } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import {
  buildGitConfig,
  type GitIdentity,
  gitConfigBytesMax,
  gitIdentity,
  parseGitConfig,
} from '../../core/agents/git-config.ts';
import { keepNpmRegistries, registrySettingsCharactersMax } from '../../core/agents/registry-settings.ts';
import type { SeedFile } from '../../core/agents/seed-files.ts';
import { readSmallText } from './read-bounded.ts';

/**
 * Guarantee: a private home appears complete or not at all, and nothing is ever written into one that a session has
 * already used.
 *
 * Threat: an agent that leaves a link in its home (`.gitconfig` → a file of the person), so that the supervisor's next
 * write lands on the host. A half-made home after a crash that is taken for a finished one.
 *
 * Limits: a home made long ago keeps its old name and mail for Git until `agents reset-home`.
 */
export interface HomeSeed {
  /** Where the home is kept: an absolute path in Gatehouse's own state. Its parents are created, 0700. */
  readonly homeStore: string;
  readonly git: GitIdentity;
  readonly workspace: string;
  /** From `buildSeedFiles`. */
  readonly files: readonly SeedFile[];
}

/** Makes a private home, or finds it made. Rejects with `state_unusable` when something else is in its place. */
export async function seedHome(seed: HomeSeed): Promise<'created' | 'existing'> {
  if (await isHome(seed.homeStore)) return 'existing';
  const parent = posix.dirname(seed.homeStore);
  await mkdir(parent, { recursive: true, mode: 0o700 });
  const unfinished = `${seed.homeStore}.new-${randomBytes(8).toString('hex')}`;
  await mkdir(unfinished, { mode: 0o700 });
  try {
    await fillHome(unfinished, seed);
    await rename(unfinished, seed.homeStore);
    return 'created';
  } catch (cause) {
    await rm(unfinished, { recursive: true, force: true });
    // Another session of the same agent and workspace was quicker; its home is as good.
    if (await isHome(seed.homeStore)) return 'existing';
    throw unusable(seed.homeStore, cause);
  }
}

async function fillHome(home: string, seed: HomeSeed): Promise<void> {
  const files = [{ path: '.gitconfig', content: buildGitConfig(seed.git, seed.workspace) }, ...seed.files];
  for (const file of files) {
    const path = posix.join(home, file.path);
    await mkdir(posix.dirname(path), { recursive: true, mode: 0o700 });
    await writeFile(path, file.content, { flag: 'wx', mode: 0o600 });
  }
  // Whatever the umask was.
  await chmod(home, 0o700);
}

async function isHome(path: string): Promise<boolean> {
  const facts = await lstat(path).catch(() => undefined);
  if (facts === undefined) return false;
  if (!facts.isDirectory()) throw unusable(path, undefined);
  // An agent that shut its own home must not keep every later session of this workspace from starting. Nobody else can write beside it.
  if ((facts.mode & 0o700) !== 0o700) await chmod(path, 0o700);
  return true;
}

function unusable(path: string, cause: unknown): Error {
  return operatingError('state_unusable', `The private home ${path} cannot be made.`, {
    why: cause instanceof Error ? cause.message : 'Something that is not a folder is in its place.',
    remedy: 'Look at that place; remove what does not belong there.',
    cause,
  });
}

/** Which package registries the person's npm asks, as a file of a private home; nothing when they never said so. */
export async function readRegistrySeeds(home: string): Promise<SeedFile[]> {
  const text = await readSmallText(posix.join(home, '.npmrc'), registrySettingsCharactersMax);
  const content = text === undefined ? '' : keepNpmRegistries(text);
  return content === '' ? [] : [{ path: '.npmrc', content }];
}

/**
 * The person's name and mail from their global Git configuration, read as text: `~/.gitconfig` wins over
 * `$XDG_CONFIG_HOME/git/config`, as for Git itself.
 */
export async function readGitIdentity(home: string, xdgConfigHome?: string): Promise<GitIdentity> {
  const base = xdgConfigHome?.startsWith('/') ? xdgConfigHome : posix.join(home, '.config');
  const places = [posix.join(base, 'git', 'config'), posix.join(home, '.gitconfig')];
  const texts = await Promise.all(places.map((place) => readSmallText(place, gitConfigBytesMax)));
  const values = new Map(texts.flatMap((text) => (text === undefined ? [] : [...parseGitConfig(text)])));
  return gitIdentity(values);
}

import { posix } from 'node:path';
import { gitConfigBytesMax, parseGitConfig } from '../../core/agents/git-config.ts';
import { isInside } from '../../core/agents/system-folders.ts';
import { followPath } from './follow-path.ts';
import { readSmallText } from './read-bounded.ts';

/**
 * Guarantee: places in a workspace that the person's Git is told to take hooks or further settings from, by a repository's own
 * configuration or by the person's, are named here, so that they can be held as `.git/hooks` is.
 *
 * Threat: a project that keeps its hooks in `.githooks`, by `core.hooksPath`: to change a file there is to run something the next time the
 * person commits. The same with a shared settings file by `include.path`.
 *
 * Limits: programs that settings name one by one (`filter.x.clean = ./tool`) are not followed, nor what an included file includes. A
 * place that is missing, or is a link, cannot be held.
 */
export interface ObeyedQuestion {
  /** Canonical. */
  readonly workspace: string;
  /** Canonical. */
  readonly home: string;
  /** Git folders of the workspace and below it. */
  readonly gitFolders: readonly string[];
}

/** Canonical paths inside the workspace, never the workspace itself. */
export async function findObeyedPaths({ workspace, home, gitFolders }: ObeyedQuestion): Promise<readonly string[]> {
  const personal = [posix.join(home, '.gitconfig'), posix.join(home, '.config/git/config')];
  const own = gitFolders.flatMap((folder) =>
    ['config', 'config.worktree'].map((name) => ({ file: posix.join(folder, name), worktree: worktreeOf(folder) })),
  );
  const settings = [...own, ...personal.map((file) => ({ file, worktree: workspace }))];
  const named = await Promise.all(settings.map(({ file, worktree }) => namedIn(file, worktree)));
  const real = await Promise.all(named.flat().map(async (path) => (await followPath(path))?.real === path));
  return named.flat().filter((path, at) => real[at] === true && path !== workspace && isInside(path, workspace));
}

/** Where a relative `core.hooksPath` begins: the top of what is checked out. */
function worktreeOf(gitFolder: string): string {
  return posix.basename(gitFolder) === '.git' ? posix.dirname(gitFolder) : gitFolder;
}

async function namedIn(file: string, worktree: string): Promise<string[]> {
  const text = await readSmallText(file, gitConfigBytesMax);
  if (text === undefined) return [];
  const values = parseGitConfig(text);
  const hooks = values.get('core.hookspath');
  const included = [...values].flatMap(([key, value]) => (/^include(?:if\..*)?\.path$/su.test(key) ? [value] : []));
  return [
    ...(hooks === undefined ? [] : [posix.resolve(worktree, hooks)]),
    ...included.map((path) => posix.resolve(posix.dirname(file), path)),
  ].filter((path) => !path.includes('\0'));
}

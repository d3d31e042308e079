/** Longest `.git` file, `commondir` or `gitdir` file that is read: one path and a prefix. */
export const gitFileBytesMax = 8192;

/** The target of a `.git` file (gitrepository-layout(5)): `gitdir: PATH` and nothing else. */
export function parseGitFile(text: string): string | undefined {
  const target = /^gitdir: ([^\0\n]+)\n?$/u.exec(text)?.[1];
  return target === undefined || target.trim() === '' ? undefined : target;
}

/** The single path in a worktree's `commondir` or `gitdir` file. */
export function parsePathFile(text: string): string | undefined {
  return /^([^\0\n]+)\n?$/u.exec(text)?.[1];
}

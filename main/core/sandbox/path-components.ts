/**
 * True when `path` is `folder` or lies below it. Compared by component: `/a/bc` does not lie in `/a/b`.
 * Both are absolute and canonical.
 */
export function isWithin(path: string, folder: string): boolean {
  return folder === '/' || path === folder || path.startsWith(`${folder}/`);
}

/** The part of `path` below `folder`, without a leading slash; empty when they are the same. */
export function relativeTo(path: string, folder: string): string {
  return folder === '/' ? path.slice(1) : path.slice(folder.length + 1);
}

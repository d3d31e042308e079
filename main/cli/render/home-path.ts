import { visible } from '#contract/text/visible.ts';

/** A path for the eye: the home as `~`, unseen characters written out. */
export function homePath(path: string, home: string): string {
  if (path === home) return '~';
  return visible(home !== '/' && path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path);
}

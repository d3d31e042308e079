/** What of a workspace is not followed file by file. */
export type WatchScope = 'follow' | 'top-level' | 'ignore';

/**
 * How closely a path, relative to the workspace, is watched. Git's object store says nothing that its refs do not, and
 * the insides of installed packages are summarised by their top folders: both would drown the rest.
 */
export function watchScope(path: string): WatchScope {
  const parts = path.split('/');
  const git = parts.lastIndexOf('.git');
  if (git !== -1 && ['objects', 'lfs'].includes(parts[git + 1] ?? '')) return 'ignore';
  const modules = parts.indexOf('node_modules');
  if (modules === -1 || modules === parts.length - 1) return 'follow';
  return parts.length - modules === 2 ? 'top-level' : 'ignore';
}

import { systemFolders } from '../sandbox/system-paths.ts';

/** Places of the kernel and of the running system; nothing in them is ever bound or worked in. */
export const kernelFolders: readonly string[] = ['/proc', '/sys', '/dev', '/run', '/var/run', '/boot'];

/** Whether `path` is `folder` or lies below it. Compared by component, so `/home/ab` is not in `/home/a`. */
export function isInside(path: string, folder: string): boolean {
  return path === folder || folder === '/' || path.startsWith(`${folder}/`);
}

/** Whether `path` lies in one of `folders`. */
export function isInsideAny(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => isInside(path, folder));
}

/** Whether a session sees `path` without any bind. The home is private even where it lies in a system folder. */
export function isSystemVisible(path: string, home: string): boolean {
  return isInsideAny(path, systemFolders) && !isInside(path, home);
}

/**
 * Why `path` may never be bound as a whole, or undefined when it may. Stops a variable such as `CARGO_HOME=/`, or a
 * package at the top of the home, from opening everything.
 */
export function tooWide(path: string, home: string): string | undefined {
  if (path === '/') return 'it is the root of the file system';
  if (path === home) return 'it is the home folder';
  if (isInside(home, path)) return 'it contains the home folder';
  if (systemFolders.some((folder) => folder === path) || path === '/etc' || isInside(path, '/etc'))
    return 'it is a system folder';
  if (systemFolders.some((folder) => isInside(folder, path))) return 'it contains a system folder';
  if (isInsideAny(path, kernelFolders)) return 'it belongs to the running system';
  if (['/tmp', '/var', '/var/tmp', '/home', '/root', '/srv', '/mnt', '/media'].includes(path)) return 'it is shared';
  return undefined;
}

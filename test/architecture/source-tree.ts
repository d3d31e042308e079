import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The checkout. */
export const root = path.resolve(import.meta.dirname, '../..');

/** One file as the checks see it: the path from the root with slashes, and its text. */
export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** Something a check objects to. An empty list of these is what every check wants. */
export type Fault = string;

/** Paths of every file that is tracked or would be: what is ignored does not count. Works without git, too. */
export function listTree(): string[] {
  const files = listWithGit() ?? listFolders();
  return [...new Set(files)].filter((file) => existsSync(path.join(root, file))).sort();
}

function listWithGit(): string[] | undefined {
  // The checkout may belong to somebody else, and its configuration may name programs to run.
  const safe = ['-c', 'safe.directory=*', '-c', 'core.fsmonitor=false'];
  const listed = spawnSync('git', [...safe, '-C', root, 'ls-files', '-z', '-co', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return listed.status === 0 ? listed.stdout.split('\0').filter((file) => file !== '') : undefined;
}

/** For an unpacked archive: everything but what the build and npm make. */
function listFolders(folder = ''): string[] {
  const made = /^(?:node_modules|dist(?:-.*)?|\.cache|coverage|\.git)$/u;
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const file = path.posix.join(folder, entry.name);
    if (entry.isDirectory()) return made.test(file) ? [] : listFolders(file);
    return [file];
  });
}

/** Reads the files of the tree whose path matches. */
export function readTree(matching: RegExp): SourceText[] {
  return listTree()
    .filter((file) => matching.test(file))
    .map((file) => ({ path: file, text: readFileSync(path.join(root, file), 'utf8') }));
}

/** Reads one file of the tree. */
export function readSource(file: string): SourceText {
  return { path: file, text: readFileSync(path.join(root, file), 'utf8') };
}

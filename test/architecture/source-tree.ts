import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
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

/** Paths of every file that is tracked or would be: what is ignored does not count. */
export function listTree(): string[] {
  const listed = execFileSync('git', ['-C', root, 'ls-files', '-z', '-co', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const files = listed.split('\0').filter((file) => file !== '' && existsSync(path.join(root, file)));
  return [...new Set(files)].sort();
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

import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests } from '../harness/escape.ts';
import { type ProbePlace, probeCase } from '../harness/probe-case.ts';

const escapeTest = escapeTests();

/** Every way to change a file or its folder; what each says on the host, and under a grant to read. */
const changes: readonly [string, (place: ProbePlace) => string, allowed: string, refused: string][] = [
  ['writing', ({ secret }) => `write ${secret.file} X`, 'write: OK', 'write: EROFS'],
  ['truncating', ({ secret }) => `truncate ${secret.file}`, 'truncate: OK', 'truncate: EROFS'],
  ['creating beside it', ({ folder }) => `create ${folder}/new`, 'create: OK', 'create: EROFS'],
  ['making a folder', ({ folder }) => `mkdir ${folder}/new`, 'mkdir: OK', 'mkdir: EROFS'],
  ['removing', ({ secret }) => `unlink ${secret.file}`, 'unlink: OK', 'unlink: EROFS'],
  ['renaming', ({ secret, folder }) => `rename ${secret.file} ${folder}/moved`, 'rename: OK', 'rename: EROFS'],
  ['moving it out', ({ secret, own }) => `rename ${secret.file} ${own}/moved`, 'rename: OK', 'rename: EXDEV'],
  ['replacing it', ({ secret, own }) => `rename ${own}/file ${secret.file}`, 'rename: OK', 'rename: EXDEV'],
  ['exchanging it', ({ secret, own }) => `exchange ${own}/file ${secret.file}`, 'exchange: OK', 'exchange: EXDEV'],
  ['a symbolic link', ({ folder }) => `symlink x ${folder}/new`, 'symlink: OK', 'symlink: EROFS'],
  ['its mode', ({ secret }) => `chmod ${secret.file} 666`, 'chmod: OK', 'chmod: EROFS'],
  ['its owner', ({ secret }) => `chown ${secret.file} -1`, 'chown: OK', 'chown: EROFS'],
  ['its times', ({ secret }) => `utimes ${secret.file}`, 'utimes: OK', 'utimes: EROFS'],
  ['a shared map', ({ secret }) => `mmap-write ${secret.file}`, 'mmap-write: OK', 'mmap-write: EACCES'],
  [
    'a map made writable',
    ({ secret }) => `mprotect-write ${secret.file}`,
    'mprotect-write: EACCES',
    'mprotect-write: EACCES',
  ],
  [
    'a named descriptor opened again',
    ({ secret }) => `opath-reopen ${secret.file} X`,
    'opath-reopen: OK',
    'opath-reopen: EROFS',
  ],
  [
    'copy_file_range',
    ({ secret, own }) => `copy-range ${own}/file ${secret.file}`,
    'copy-range: OK',
    'copy-range: EROFS',
  ],
];

for (const [way, probe, allowed, refused] of changes) {
  escapeTest(
    `a granted folder is for reading only: ${way}`,
    probeCase({
      requirement: '[GRT-1]',
      arrange: async ({ own }) => await writeFile(path.join(own, 'file'), 'mine\n'),
      script: (place) => `./probe ${probe(place)}`,
      run: ({ folder }) => ({ grants: [`file.read:${folder}`] }),
      allowed: () => [allowed],
      refused: () => [refused],
      async observe({ folder, secret, own }) {
        expect(await readdir(folder)).toEqual(['secret']);
        expect((await stat(secret.file)).mode & 0o777).toBe(0o600);
        expect(await readFile(path.join(own, 'file'), 'utf8')).toBe('mine\n');
      },
    }),
  );
}

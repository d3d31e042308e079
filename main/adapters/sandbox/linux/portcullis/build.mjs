// Builds portcullis with the system's C compiler. Run it directly, or call `buildPortcullis`.
import { execFile } from 'node:child_process';
import { chmod, mkdir, readdir } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const folder = path.dirname(fileURLToPath(import.meta.url));
const run = promisify(execFile);

const warnings = ['-std=c17', '-Wall', '-Wextra', '-Werror', '-Wshadow', '-Wformat=2'];
const release = ['-O2', '-static', '-D_FORTIFY_SOURCE=2', '-fstack-protector-strong', '-s'];
/** Sanitizers cannot be linked statically. The leak check needs ptrace on init, which is what it must not allow. */
const sanitized = ['-O1', '-g', '-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-DSANITIZED'];

/** Compiles every C file of this folder into one program at `outFile`, readable and executable by everybody. */
export async function buildPortcullis({
  outFile = path.resolve('dist/portcullis'),
  defines = [],
  sanitize = false,
  compiler = 'cc',
} = {}) {
  const sources = (await readdir(folder)).filter((name) => name.endsWith('.c')).sort();
  await mkdir(path.dirname(outFile), { recursive: true });
  await run(compiler, [
    ...warnings,
    ...(sanitize ? sanitized : release),
    ...defines.map((name) => `-D${name}`),
    ...sources.map((name) => path.join(folder, name)),
    '-o',
    outFile,
  ]);
  // A session of a root caller executes it under another uid.
  await chmod(outFile, 0o755);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outFile = path.resolve(process.argv[2] ?? 'dist/portcullis');
  await buildPortcullis({ outFile });
  console.log(`built ${outFile}`);
}

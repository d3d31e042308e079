import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach } from 'vitest';

const made: string[] = [];
afterEach(async () => {
  for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true });
});

/** A new empty folder, canonical, removed after the test. */
export async function makeFolder(): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-agents-')));
  made.push(folder);
  return folder;
}

/** Writes a file and its folders. */
export async function put(path: string, content = '', mode = 0o644): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, content);
  await chmod(path, mode);
  return path;
}

/** Writes an executable script. */
export function putScript(path: string, content = '#!/bin/sh\necho hello\n'): Promise<string> {
  return put(path, content, 0o755);
}

import { randomBytes } from 'node:crypto';
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, rename, rm, rmdir, stat, unlink, writeFile } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { operatingError } from '#contract/operating-error.ts';
import { parseShim, shimMarker } from '../../core/shims/shim-script.ts';

/** A shim is some forty lines; anything longer is something else. */
const shimBytesMax = 16_384;
/** Files of a shim folder that are looked at. */
const shimsMax = 256;

/** A PATH without the folders that hold shims: those say what runs under walls, and are no place to find programs in. */
export function withoutShimFolders(path: string): string {
  if (!path.includes('/')) return path;
  return path
    .split(delimiter)
    .filter((folder) => !(isAbsolute(folder) && existsSync(join(folder, shimMarker))))
    .join(delimiter);
}

/** A shim as it lies in its folder. */
export interface InstalledShim {
  readonly command: string;
  readonly path: string;
  readonly node: string;
  readonly program: string;
}

/** The shims of a folder, by name; nothing when there is no such folder. */
export async function readShims(folder: string): Promise<InstalledShim[]> {
  const names = await readdir(folder).catch(() => []);
  const found = await Promise.all(
    names
      .filter((name) => name !== shimMarker && name !== shimRecord)
      .sort()
      .slice(0, shimsMax)
      .map(async (name) => {
        const path = join(folder, name);
        const text = await readText(path);
        const shim = text === undefined ? undefined : parseShim(text);
        return shim === undefined ? [] : [{ ...shim, path }];
      }),
  );
  return found.flat();
}

async function readText(path: string): Promise<string | undefined> {
  const facts = await stat(path).catch(() => undefined);
  if (facts?.isFile() !== true || facts.size > shimBytesMax) return undefined;
  return readFile(path, 'utf8').catch(() => undefined);
}

/** Writes shims into their folder, which is made, and marked first: from then on nothing is looked for in it. */
export async function writeShims(folder: string, shims: ReadonlyMap<string, string>): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o755 });
  const facts = await stat(folder);
  // Whoever may write here says what the person's terminals start.
  if (facts.uid !== process.getuid?.() || (facts.mode & 0o022) !== 0) {
    throw operatingError('state_unusable', `The shims cannot lie in ${folder}.`, {
      why: 'It belongs to somebody else, or others may write to it.',
      remedy: 'Choose a folder that you alone can write, with --dir.',
    });
  }
  await writeFile(
    join(folder, shimMarker),
    'The programs here start others inside walls; see `gatehouse setup --help`.\n',
  );
  for (const [command, text] of shims) {
    const beside = join(folder, `.${command}.${randomBytes(6).toString('hex')}`);
    await writeFile(beside, text, { flag: 'wx', mode: 0o755 });
    await chmod(beside, 0o755);
    await rename(beside, join(folder, command));
  }
}

/** Removes the shims of a folder and its mark, and the folder when nothing else is in it. */
export async function removeShims(folder: string): Promise<void> {
  for (const { path } of await readShims(folder)) await unlink(path);
  for (const name of [shimMarker, shimRecord]) await rm(join(folder, name), { force: true });
  await rmdir(folder).catch(() => undefined);
}

/** What setup has to know when it is taken back: kept beside the shims. */
const shimRecord = '.gatehouse-setup.json';
const recordSchema = z.object({
  v: z.literal(1),
  /** Folders that were made, outermost first. */
  folders: z.array(z.string()).max(64),
  /** Start-up files that have the block. */
  files: z.array(z.string()).max(64),
});
export type SetupRecord = z.infer<typeof recordSchema>;

/** The record of the setup whose shims lie here; undefined when there is none that can be read. */
export async function readSetupRecord(folder: string): Promise<SetupRecord | undefined> {
  const text = await readText(join(folder, shimRecord));
  try {
    return text === undefined ? undefined : recordSchema.parse(JSON.parse(text));
  } catch {
    // Written by another version or damaged: the start-up files are looked through all the same.
    return undefined;
  }
}

/** Keeps it. */
export async function writeSetupRecord(folder: string, record: SetupRecord): Promise<void> {
  await writeFile(join(folder, shimRecord), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

/** The first executable of that name. Relative entries of the PATH are passed over: they name whatever folder one is in. */
export function findOnPath(command: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, command))
    .find(isExecutable);
}

/** Whether a file is there and may be executed. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, or not for us: both mean to look on.
    return false;
  }
}

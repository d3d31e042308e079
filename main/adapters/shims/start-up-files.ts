/**
 * Guarantee: a person's start-up file is replaced whole or not at all, keeps its mode, and stays the link it may be: what it leads
 * to is written.
 *
 * Threat: a crash in the middle of a write that leaves half a `.bashrc`; a dotfile repository whose links become files; a file that
 * changes while it is edited.
 *
 * Limits: extended attributes of a file are not kept. What belongs to somebody else, or has a second name, is not touched but named.
 */
import { randomBytes } from 'node:crypto';
import { constants, existsSync, type Stats } from 'node:fs';
import { chmod, lstat, mkdir, open, realpath, rename, rm, rmdir, stat, unlink } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import type { StartUpSyntax } from '../../core/shims/start-up-block.ts';

/** Longer ones are no start-up files. */
const fileBytesMax = 4 * 1024 * 1024;

/** One file that a shell or the desktop reads when it starts. */
export interface StartUpFile {
  readonly path: string;
  readonly syntax: StartUpSyntax;
  /** When what it says takes effect. */
  readonly seen: 'new terminal' | 'next login';
  /** Who reads it, in words. */
  readonly reader: string;
  /** Whether setup writes it; all of them are looked through when it is taken back. */
  readonly wanted: boolean;
}

/** Where start-up files are looked for. */
export interface StartUpPlace {
  readonly home: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** Every start-up file we know, in the order in which they are told. A shell's are wanted when it is the person's, or has any. */
export function listStartUpFiles({ home, environment }: StartUpPlace): StartUpFile[] {
  const shell = basename(environment['SHELL'] ?? '');
  const config = absolute(environment['XDG_CONFIG_HOME'], join(home, '.config'));
  const zsh = absolute(environment['ZDOTDIR'], home);
  const fish = join(config, 'fish', 'config.fish');
  const bashLogin = ['.bash_profile', '.bash_login'].map((name) => join(home, name));
  const bashFirst = bashLogin.find((path) => existsSync(path));
  const usesBash = shell === 'bash' || existsSync(join(home, '.bashrc')) || bashFirst !== undefined;
  const usesZsh = shell === 'zsh' || ['.zshrc', '.zprofile'].some((name) => existsSync(join(zsh, name)));
  const terminal = (path: string, reader: string, wanted: boolean) =>
    ({ path, syntax: 'posix', seen: 'new terminal', reader, wanted }) as const;
  const login = (path: string, reader: string, wanted: boolean) =>
    ({ path, syntax: 'posix', seen: 'next login', reader, wanted }) as const;
  return [
    terminal(join(home, '.bashrc'), 'bash in a terminal', usesBash),
    ...bashLogin.map((path) => login(path, 'bash at login', path === bashFirst)),
    login(join(home, '.profile'), 'the desktop and login shells', true),
    terminal(join(zsh, '.zshrc'), 'zsh in a terminal', usesZsh),
    login(join(zsh, '.zprofile'), 'zsh at login', usesZsh),
    {
      path: fish,
      syntax: 'fish',
      seen: 'new terminal',
      reader: 'fish',
      wanted: shell === 'fish' || existsSync(fish),
    },
    {
      path: join(config, 'environment.d', '60-gatehouse.conf'),
      syntax: 'environment',
      seen: 'next login',
      reader: 'programs that the desktop starts, such as IDEs',
      wanted: existsSync('/run/systemd/system') || existsSync(join(config, 'environment.d')),
    },
  ];
}

function absolute(value: string | undefined, otherwise: string): string {
  return value !== undefined && isAbsolute(value) ? value : otherwise;
}

/** What a start-up file holds: Latin-1, byte for byte; undefined text when there is none. */
export type ReadFile =
  | { readonly real: string; readonly text: string; readonly facts: Stats }
  | { readonly real: string; readonly text: undefined }
  | { readonly why: string };

/** Reads one, through the link it may be. */
export async function readStartUpFile(path: string): Promise<ReadFile> {
  const link = await lstat(path).catch(() => undefined);
  if (link === undefined) return { real: path, text: undefined };
  const real = await realpath(path).catch(() => undefined);
  if (real === undefined) return { why: 'it is a link that leads nowhere' };
  const file = await open(real, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(
    () => undefined,
  );
  if (file === undefined) return { why: 'it cannot be read' };
  try {
    const facts = await file.stat();
    const why = whyNot(facts);
    if (why !== undefined) return { why };
    return { real, text: (await file.readFile()).toString('latin1'), facts };
  } finally {
    await file.close();
  }
}

function whyNot(facts: Stats): string | undefined {
  if (!facts.isFile()) return 'it is no file';
  if (facts.uid !== process.getuid?.()) return 'it belongs to somebody else';
  if (facts.nlink > 1) return 'it has a second name (a hard link), which would be left behind';
  return facts.size > fileBytesMax ? 'it is too large for a start-up file' : undefined;
}

/**
 * Replaces what was read, or makes the file. Resolves with the folders that were made for it, outermost first. Rejects when the
 * file changed since, and changes nothing then.
 */
export async function writeStartUpFile(read: Exclude<ReadFile, { why: string }>, text: string): Promise<string[]> {
  const { real } = read;
  const made = await makeFolders(dirname(real));
  const beside = `${real}.gatehouse-${randomBytes(6).toString('hex')}`;
  try {
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(Buffer.from(text, 'latin1'));
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(beside, read.text === undefined ? 0o644 : read.facts.mode & 0o7777);
    await assertUnchanged(read);
    await rename(beside, real);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
  return made;
}

/** Removes a file that setup made, as it was read. */
export async function removeStartUpFile(read: Exclude<ReadFile, { why: string }>): Promise<void> {
  await assertUnchanged(read);
  await unlink(read.real);
}

async function assertUnchanged(read: Exclude<ReadFile, { why: string }>): Promise<void> {
  const now = await stat(read.real).catch(() => undefined);
  const same =
    read.text === undefined
      ? now === undefined
      : now !== undefined &&
        now.ino === read.facts.ino &&
        now.mtimeMs === read.facts.mtimeMs &&
        now.size === read.facts.size;
  if (!same) throw new Error(`${read.real} changed meanwhile`);
}

/** Makes a folder and those above it; resolves with those that were missing, outermost first. */
export async function makeFolders(folder: string, mode = 0o755): Promise<string[]> {
  const missing: string[] = [];
  for (let at = folder; !existsSync(at); at = dirname(at)) missing.unshift(at);
  await mkdir(folder, { recursive: true, mode });
  return missing;
}

/** Removes folders that setup made, innermost first, as far as nothing is in them. */
export async function removeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of folders.toReversed()) {
    try {
      await rmdir(folder);
    } catch {
      // It holds something, or is gone: either way it is not ours to take any more.
    }
  }
}

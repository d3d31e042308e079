import { readdir, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { z } from 'zod';
import { readSmallText } from './read-bounded.ts';

/** The package an executable came with, as its own metadata says: a claim, beside the digest, never instead of it. */
export interface PackageFacts {
  readonly ecosystem: 'npm' | 'deb' | 'pypi';
  readonly name: string;
  readonly version: string;
}

const manifestBytesMax = 1024 * 1024;
const manifestSchema = z.object({
  name: z.string().max(214),
  version: z.string().max(100).optional(),
  bin: z.union([z.string(), z.record(z.string(), z.string())]).optional(),
});

/**
 * Finds the package from where the executable and the links to it lie. No tool is run: metadata is read, within bounds.
 * `places` are canonical paths, the one nearest to what was typed first, the real file last.
 */
export async function findPackage(places: readonly string[]): Promise<PackageFacts | undefined> {
  for (const place of places) {
    const found = (await npmPackage(place)) ?? (await pythonPackage(place));
    if (found !== undefined) return found;
  }
  const real = places.at(-1);
  return real === undefined ? undefined : debianPackage(real);
}

/** Every package folder on the way to `path`, innermost first: `…/node_modules/NAME` or `…/node_modules/@SCOPE/NAME`. */
function packageFolders(path: string): string[] {
  const ends = [...path.matchAll(/\/node_modules\/(?:@[^/]+\/)?[^/@.][^/]*(?=\/)/gu)];
  return ends.map((match) => path.slice(0, match.index + match[0].length)).reverse();
}

async function npmPackage(path: string): Promise<PackageFacts | undefined> {
  const own = await ownPackageFolder(path);
  for (const folder of [...packageFolders(path), ...(own === undefined ? [] : [own])]) {
    const manifest = await readManifest(folder);
    if (manifest !== undefined) return { ecosystem: 'npm', name: manifest.name, version: manifest.version ?? '' };
  }
  return undefined;
}

async function readManifest(folder: string): Promise<z.infer<typeof manifestSchema> | undefined> {
  const text = await readSmallText(posix.join(folder, 'package.json'), manifestBytesMax);
  if (text === undefined) return undefined;
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch {
    // Not a package's manifest; the file stands for itself.
    return undefined;
  }
}

/**
 * The package folder of an executable outside any `node_modules` (a linked checkout): only when the manifest, at most
 * four folders up, itself names this file as its command, so that a script never opens the folder it happens to lie in.
 */
export async function ownPackageFolder(path: string): Promise<string | undefined> {
  let folder = posix.dirname(path);
  for (let up = 0; up < 4 && folder !== '/'; up += 1) {
    const manifest = await readManifest(folder);
    if (manifest !== undefined) {
      const commands = typeof manifest.bin === 'string' ? [manifest.bin] : Object.values(manifest.bin ?? {});
      return commands.some((command) => posix.join(folder, command) === path) ? folder : undefined;
    }
    folder = posix.dirname(folder);
  }
  return undefined;
}

const distributionsMax = 2000;

/** A command of a virtual environment: found by the entry points of its installed distributions. */
async function pythonPackage(path: string): Promise<PackageFacts | undefined> {
  const root = posix.dirname(posix.dirname(path));
  const libraries = await readdir(posix.join(root, 'lib')).catch(() => []);
  const python = libraries.find((name) => /^python\d/u.test(name));
  if (python === undefined) return undefined;
  const site = posix.join(root, 'lib', python, 'site-packages');
  const entries = await readdir(site).catch(() => []);
  const command = posix.basename(path);
  for (const entry of entries.filter((name) => name.endsWith('.dist-info')).slice(0, distributionsMax)) {
    const points = await readSmallText(posix.join(site, entry, 'entry_points.txt'), manifestBytesMax);
    const named = points?.split('\n').some((line) => line.split('=', 1)[0]?.trim() === command);
    const match = named ? /^(.+?)-([^-]+)\.dist-info$/u.exec(entry) : null;
    if (match?.[1] !== undefined && match[2] !== undefined) {
      return { ecosystem: 'pypi', name: match[1].replaceAll('_', '-'), version: match[2] };
    }
  }
  return undefined;
}

const dpkgFolder = '/var/lib/dpkg';
const dpkgListsMax = 10_000;
/** Lists that are read at a time. */
const dpkgListsAtOnce = 16;
const dpkgListBytesMax = 16 * 1024 * 1024;
const dpkgStatusBytesMax = 128 * 1024 * 1024;

interface DebianIndex {
  readonly statusState: string;
  /** Executable → package. Only files in folders of executables are kept. */
  readonly owners: ReadonlyMap<string, string>;
  readonly versions: ReadonlyMap<string, string>;
}
let debianIndex: Promise<DebianIndex> | undefined;

async function debianPackage(path: string): Promise<PackageFacts | undefined> {
  const status = await stat(posix.join(dpkgFolder, 'status')).catch(() => undefined);
  if (status === undefined || !/^\/(usr\/)?s?bin\/|^\/opt\/|^\/usr\/(lib|share|games|libexec)\//u.test(path))
    return undefined;
  const statusState = `${status.ino}:${status.mtimeMs}:${status.size}`;
  if (debianIndex === undefined || (await debianIndex).statusState !== statusState) {
    debianIndex = readDebianIndex(statusState);
  }
  const index = await debianIndex;
  // With a merged /usr the lists may still say /bin/bash for /usr/bin/bash.
  const name = index.owners.get(path) ?? index.owners.get(path.replace(/^\/usr/u, ''));
  const version = name === undefined ? undefined : index.versions.get(name);
  return name === undefined || version === undefined ? undefined : { ecosystem: 'deb', name, version };
}

/** Reads the index of Debian packages ahead of its first use, so that the first session need not wait for it. */
export async function warmPackageIndex(): Promise<void> {
  await debianPackage('/usr/bin/env');
}

async function readDebianIndex(statusState: string): Promise<DebianIndex> {
  const folder = posix.join(dpkgFolder, 'info');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.list')).slice(0, dpkgListsMax);
  const owners = new Map<string, string>();
  for (let from = 0; from < names.length; from += dpkgListsAtOnce) {
    const some = names.slice(from, from + dpkgListsAtOnce);
    // One after the other they are hundreds of waits; taken up in their order all the same, since the last that names a file counts.
    const texts = await Promise.all(some.map((name) => readSmallText(posix.join(folder, name), dpkgListBytesMax)));
    for (const [index, name] of some.entries()) {
      const owner = name.slice(0, -'.list'.length).split(':', 1)[0] ?? name;
      for (const [line] of texts[index]?.matchAll(/^\/(?:usr\/)?(?:local\/)?(?:s?bin|games)\/.+$/gmu) ?? [])
        owners.set(line, owner);
    }
  }
  const versions = new Map<string, string>();
  const status = (await readSmallText(posix.join(dpkgFolder, 'status'), dpkgStatusBytesMax)) ?? '';
  for (const block of status.split('\n\n')) {
    const name = /^Package: (.+)$/mu.exec(block)?.[1];
    const version = /^Version: (.+)$/mu.exec(block)?.[1];
    if (name !== undefined && version !== undefined) versions.set(name, version);
  }
  return { statusState, owners, versions };
}

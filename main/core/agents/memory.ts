import { createHash } from 'node:crypto';
import type { MemoryChange, MemoryFile, MemoryQuestion, PinnedFile } from '#contract/memory.ts';
import { canonicalJson } from '../audit/canonical.ts';

/** What of texts is kept, to show a change as a diff: of one file, and of all of one agent in one workspace. */
export const textBytesMax = 64 * 1024;
export const textsBytesMax = 1024 * 1024;

/** Keeps texts as long as they fit; of the others the digest says whether they changed, and nothing says how. */
export function withBoundedTexts(files: readonly PinnedFile[]): PinnedFile[] {
  let room = textsBytesMax;
  return files.map(({ text, ...file }) => {
    const bytes = text === undefined ? 0 : Buffer.byteLength(text);
    if (text === undefined || bytes > textBytesMax || bytes > room) return file;
    room -= bytes;
    return { ...file, text };
  });
}

/** What changed from one look to the other, by place and path. Databases of an agent's own are left out: see `storeChanges`. */
export function memoryChanges(before: readonly MemoryFile[], after: readonly MemoryFile[]): MemoryChange[] {
  return compare(
    before.filter(({ store }) => store !== true),
    after.filter(({ store }) => store !== true),
  );
}

/** What changed of databases, which go on record and are never asked about. */
export function storeChanges(before: readonly MemoryFile[], after: readonly MemoryFile[]): MemoryChange[] {
  return compare(
    before.filter(({ store }) => store === true),
    after.filter(({ store }) => store === true),
  );
}

function compare(before: readonly MemoryFile[], after: readonly MemoryFile[]): MemoryChange[] {
  const was = byName(before);
  const is = byName(after);
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  return names.flatMap((name): MemoryChange[] => {
    const [old, now] = [was.get(name), is.get(name)];
    if (old === undefined)
      return now === undefined ? [] : [{ ...nameOf(now), change: 'appeared', after: stateOf(now) }];
    if (now === undefined) return [{ ...nameOf(old), change: 'vanished', before: stateOf(old) }];
    if (old.sha256 === now.sha256 && old.link === now.link) return [];
    return [{ ...nameOf(now), change: 'changed', before: stateOf(old), after: stateOf(now) }];
  });
}

function byName(files: readonly MemoryFile[]): ReadonlyMap<string, MemoryFile> {
  return new Map(files.map((file) => [`${file.place} ${file.path}`, file]));
}

function nameOf({ place, path }: MemoryFile): Pick<MemoryChange, 'place' | 'path'> {
  return { place, path };
}

function stateOf({ sha256, sizeBytes, link }: MemoryFile): NonNullable<MemoryChange['after']> {
  return { sha256, sizeBytes, ...(link === undefined ? {} : { link }) };
}

/** A question with the digest that its answer is bound to. */
export function memoryQuestion(facts: Omit<MemoryQuestion, 'digest'>): MemoryQuestion {
  return { digest: createHash('sha256').update(canonicalJson(facts)).digest('hex'), ...facts };
}

/** A file as a person knows it. */
export function memoryName({ place, path }: Pick<MemoryFile, 'place' | 'path'>): string {
  return place === 'home' ? `~/${path} of the agent’s own home` : path;
}

/** The changes in one sentence, the first few by name. */
export function changesText(changes: readonly MemoryChange[]): string {
  const named = changes.slice(0, namedMax).map((change) => `${memoryName(change)} ${change.change}`);
  const more = changes.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const namedMax = 4;

/** Where a repository stands, as its files say (gitrepository-layout(5)). Nothing of it is executed or followed out of its folder. */

/** Longest `HEAD` or loose ref that is read. */
export const refBytesMax = 4096;
/** A packed list of refs that is longer is not looked through. */
export const packedRefsBytesMax = 16 * 1024 * 1024;
/** Refs that lead to refs, one after the other, as Git follows them. */
export const refHopsMax = 5;

/** What `HEAD` or a loose ref says: a commit, or another ref. */
export type RefText = { readonly commit: string } | { readonly ref: string };

/** Reads one. Undefined for anything that Git would not write there. */
export function parseRef(text: string): RefText | undefined {
  const line = text.replace(/\s+$/u, '');
  if (isObjectId(line)) return { commit: line };
  const ref = /^ref: *(\S+)$/u.exec(line)?.[1];
  return ref !== undefined && isRefName(ref) ? { ref } : undefined;
}

/** Whether a name is below `refs/` and stays there (git-check-ref-format(1)). */
export function isRefName(name: string): boolean {
  return (
    name.length <= 1024 &&
    name.startsWith('refs/') &&
    name.split('/').every((part) => part !== '' && !part.startsWith('.') && !part.endsWith('.lock')) &&
    !/\.\.|[\0-\x20\x7f~^:?*[\\\ufffd]/u.test(name)
  );
}

/** Looks a ref up in the text of `packed-refs`. */
export function packedCommit(text: string, ref: string): string | undefined {
  const ending = ` ${ref}`;
  for (let at = text.indexOf(ending); at !== -1; at = text.indexOf(ending, at + 1)) {
    const after = text[at + ending.length];
    const begin = text.lastIndexOf('\n', at) + 1;
    const id = text.slice(begin, at);
    if ((after === '\n' || after === '\r' || after === undefined) && isObjectId(id)) return id;
  }
  return undefined;
}

function isObjectId(text: string): boolean {
  return /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/u.test(text);
}

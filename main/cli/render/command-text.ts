import { visible } from '#contract/text/visible.ts';

/** A command as one would type it: words that a shell would split or expand are quoted, unseen characters written out. */
export function commandText(command: readonly string[]): string {
  return command.map((word) => quoted(word)).join(' ');
}

function quoted(word: string): string {
  if (/^[\p{L}\p{N}_@%+=:,./-]+$/u.test(word)) return word;
  const seen = visible(word);
  // What had to be written out is shown in the one quoting of shells that reads it back.
  return seen === word ? `'${word.replaceAll("'", "'\\''")}'` : `$'${seen.replaceAll("'", "\\'")}'`;
}

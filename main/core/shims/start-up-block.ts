/**
 * Guarantee: what is added to a start-up file is one marked block, and taking it away leaves the file byte for byte as it was before.
 *
 * Threat: a person's start-up file that loses a line, or its ending, to a program that means well.
 *
 * Limits: lines that somebody writes between the marks go with the block. A beginning without an end is not touched, and is said.
 */
import { quoteForShell } from './shim-script.ts';

/** How a start-up file is written: as POSIX shells (bash and zsh too), as fish, or as environment.d(5). */
export type StartUpSyntax = 'posix' | 'fish' | 'environment';

const begin = '# >>> gatehouse setup >>>';
/** The file was made for the block: it goes with it, when nothing else has come in. */
const beginMade = '# >>> gatehouse setup (it made this file) >>>';
const end = '# <<< gatehouse setup: `gatehouse setup --remove` takes these lines away <<<';

/** Why a file cannot be changed. */
export interface Unchangeable {
  readonly why: string;
}

/** The line that puts a folder first on the PATH, or why it cannot be written in this syntax. */
export function pathLine(folder: string, syntax: StartUpSyntax): string | Unchangeable {
  if (/[:\n\0]/u.test(folder)) return { why: 'the path of the shims holds a colon or a line break' };
  const quoted = quoteForShell(folder);
  switch (syntax) {
    case 'posix':
      return `case ":$PATH:" in :${quoted}:*) ;; *) PATH=${quoted}:"$PATH"; export PATH ;; esac`;
    case 'fish':
      if (folder.includes('\\')) return { why: 'the path of the shims holds a backslash' };
      return `test "$PATH[1]" = ${quoted.replaceAll("'\\''", "\\'")}; or set -gx PATH ${quoted.replaceAll("'\\''", "\\'")} $PATH`;
    case 'environment':
      // environment.d(5) has no quoting that every version reads alike.
      if (!/^[\w./@+-]+$/u.test(folder))
        return { why: 'the path of the shims holds characters that environment.d cannot' };
      return `PATH=${folder}:$PATH`;
  }
}

/** The three lines as they stand in a file. */
function blockLines(line: string, made: boolean): readonly string[] {
  return [made ? beginMade : begin, line, end];
}

/**
 * The file with the block at its end, or as it is when the very block is there already. `before` is undefined when there is no
 * file. A block of another folder is replaced.
 */
export function addBlock(before: string | undefined, line: string): string | Unchangeable {
  if (before === undefined) return `${blockLines(line, true).join('\n')}\n`;
  const found = findBlock(before);
  if (found === 'broken') return broken;
  if (found !== undefined) {
    const text = blockLines(line, found.made).join('\n');
    return `${before.slice(0, found.from)}${text}${before.slice(found.to)}`;
  }
  return `${before}\n${blockLines(line, false).join('\n')}\n`;
}

/** The file without the block; undefined when the file was made for it and nothing is left, so that it goes too. */
export function removeBlock(text: string): string | undefined | Unchangeable {
  const found = findBlock(text);
  if (found === 'broken') return broken;
  if (found === undefined) return text;
  const after = text.slice(found.to).replace(/^\n/u, '');
  const before = text.slice(0, found.from);
  if (found.made) return before + after === '' ? undefined : before + after;
  // The line break before the block is ours, unless what somebody added since needs it to stand on a line of its own.
  const own = before.endsWith('\n') ? before.slice(0, -1) : before;
  const rest = own !== '' && !own.endsWith('\n') && after !== '' ? `${own}\n${after}` : own + after;
  // There may be another one, from a setup before that was copied along.
  return removeBlock(rest);
}

/** Whether the file has a block. */
export function hasBlock(text: string): boolean {
  return findBlock(text) !== undefined;
}

/** The lines of the block that the file has. */
export function blockOf(text: string): readonly string[] {
  const found = findBlock(text);
  return found === undefined || found === 'broken' ? [] : text.slice(found.from, found.to).split('\n');
}

const broken: Unchangeable = { why: 'it has the beginning of a block of ours without its end' };

interface Block {
  /** Of the first mark, and after the last one without its line break. */
  readonly from: number;
  readonly to: number;
  readonly made: boolean;
}

function findBlock(text: string): Block | 'broken' | undefined {
  const opening = /^# >>> gatehouse setup (?<made>\(it made this file\) )?>>>$/mu.exec(text);
  if (opening === null) return undefined;
  const closing = text.indexOf(`\n${end}`, opening.index);
  if (closing === -1) return 'broken';
  return { from: opening.index, to: closing + 1 + end.length, made: opening.groups?.['made'] !== undefined };
}

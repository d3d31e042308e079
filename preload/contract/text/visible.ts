/**
 * Guarantee: whatever the record or an agent says, printing `visible(text)` moves no cursor, hides nothing, reorders
 * nothing and stays on one line.
 *
 * Threat: an agent names a file or a command with ANSI sequences, line breaks, bidirectional overrides or invisible
 * characters, so that the person at the terminal reads something else than what happened.
 *
 * Limits: look-alike letters of other scripts are printed as they are; hosts show as ASCII because their parser made them so.
 */

/**
 * Controls, formats (bidirectional, zero-width, tags), lone surrogates, private use, unassigned, line separators, blanks that are no
 * plain space, letters that draw nothing, and every other code point that Unicode says may be ignored.
 */
const unseen =
  /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Bidi_Control}\u2800]|(?! )\p{Zs}/gu;

/** A fourth mark on one letter serves no writing system; hundreds of them cover the lines above and below. */
const markFlood = /(?<=\p{M}{3})\p{M}/gu;

const shortForms: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x1b': '\\e' };

/** The text with everything that a terminal would obey or hide written out, e.g. `\e[31m` or `\u{202e}`. */
export function visible(text: string): string {
  if (/^[\x20-\x7e]*$/u.test(text)) return text;
  return text.replace(unseen, writtenOut).replace(markFlood, writtenOut);
}

/** Both at once, for pieces: whatever one of them finds. */
const anyUnseen = new RegExp(`${unseen.source}|${markFlood.source}`, 'gu');

/** A piece of a text: as it was, or written out. */
export interface VisiblePiece {
  readonly text: string;
  readonly written: boolean;
}

/** The same text in pieces, so that what was written out can be told from somebody's own backslashes. */
export function visiblePieces(text: string): VisiblePiece[] {
  const pieces: VisiblePiece[] = [];
  let end = 0;
  for (const { 0: found, index } of text.matchAll(anyUnseen)) {
    if (index > end) pieces.push({ text: text.slice(end, index), written: false });
    pieces.push({ text: writtenOut(found), written: true });
    end = index + found.length;
  }
  if (end < text.length) pieces.push({ text: text.slice(end), written: false });
  return pieces;
}

function writtenOut(character: string): string {
  const short = shortForms[character];
  if (short !== undefined) return short;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`;
}

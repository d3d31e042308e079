/**
 * Guarantee: text that went through here holds no character that breaks a line, moves a cursor, reorders what is shown
 * or has no glyph. What was there is visible instead, and can be told from text that merely looks like it.
 *
 * Threat: log injection. A file name with a newline forges a second entry in a listing; an escape sequence rewrites the
 * terminal of the person who reads; bidirectional controls turn a name around.
 *
 * Limits: look-alike letters stay as they are.
 */

/**
 * Control characters (C0, DEL, C1), line and paragraph separators, bidirectional controls, zero-width and other
 * invisible format characters, tags, non-characters that mark byte order, and lone surrogates. The backslash of a
 * literal `\u{` is escaped too, so that no text can pretend to be an escape.
 */
const dangerous =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff\u{e0000}-\u{e007f}]|\p{Surrogate}|\\(?=u\{)/gu;

/** The text with every such character as `\u{…}`, its code point in lower-case hex. */
export function escapeControls(text: string): string {
  return text.replace(dangerous, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`);
}

/** East Asian wide and full-width ranges (Unicode TR 11) and pictures that terminals draw two cells wide. */
const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** How many terminal cells a text takes that went through `visible`. */
export function cellsOf(text: string): number {
  if (/^[\x20-\x7e]*$/u.test(text)) return text.length;
  let cells = 0;
  for (const character of text) cells += cellsOfCharacter(character);
  return cells;
}

function cellsOfCharacter(character: string): number {
  if (/\p{M}/u.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}

/** Cuts at the end, with `…`, so that it takes at most `cellsMax`. */
export function cutEnd(text: string, cellsMax: number): string {
  if (cellsOf(text) <= cellsMax) return text;
  return `${take([...text], cellsMax - 1)}…`;
}

/** Shortens in the middle, with `…`: of a path both the beginning and the name at its end stay readable. */
export function cutMiddle(text: string, cellsMax: number): string {
  if (cellsOf(text) <= cellsMax) return text;
  const characters = [...text];
  const tail = take(characters.toReversed(), Math.ceil((cellsMax - 1) * 0.6));
  const head = take(characters, cellsMax - 1 - cellsOf(tail));
  return `${head}…${[...tail].toReversed().join('')}`;
}

function take(characters: readonly string[], cellsMax: number): string {
  let taken = '';
  let cells = 0;
  for (const character of characters) {
    cells += cellsOfCharacter(character);
    if (cells > cellsMax) break;
    taken += character;
  }
  return taken;
}

/** Fills with spaces up to `cells`; longer texts stay as they are. */
export function padEnd(text: string, cells: number): string {
  return text + ' '.repeat(Math.max(0, cells - cellsOf(text)));
}

/** Breaks at spaces so that no line takes more than `cellsMax`, unless one word does. Every line keeps the first one's indent. */
export function wrap(text: string, cellsMax: number): string[] {
  const words = text.trimStart();
  const indent = text.slice(0, text.length - words.length);
  const lines: string[] = [];
  let line = '';
  for (const word of words.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && cellsOf(longer) > cellsMax - indent.length) {
      lines.push(indent + line);
      line = word;
    } else line = longer;
  }
  return [...lines, indent + line];
}

/** Breaks at spaces, and within what is longer than a line: no line is ever broken by the terminal itself. */
export function fold(text: string, cells: number): string[] {
  const room = Math.max(cells, 10);
  return wrap(text, room).flatMap((line) => {
    const pieces: string[] = [];
    let piece = '';
    for (const character of line) {
      if (cellsOf(piece + character) > room) {
        pieces.push(piece);
        piece = '';
      }
      piece += character;
    }
    return [...pieces, piece];
  });
}

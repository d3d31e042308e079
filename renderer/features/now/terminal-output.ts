/**
 * Guarantee: whatever comes, the page has its turn between pieces of it, and no letter carries more marks than can be drawn.
 *
 * Threat: output that costs far more to draw than to print: megabytes of accents on one letter, a clean slate with every second byte.
 *
 * Limits: a terminal that draws a flood draws late; the agent waits for it (`main/electron/stream-hub.ts`).
 */

/** What takes no room of its own, and is added to the letter before it. */
const noRoom = String.raw`[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}\u1160-\u11ff]`;
/** No writing system and no emoji has as many on one letter. */
const marksMax = 24;
const tooMany = new RegExp(`(?<=${noRoom}{${marksMax}})${noRoom}+`, 'gu');
const atStart = new RegExp(`^${noRoom}+`, 'u');
const atEnd = new RegExp(`${noRoom}{1,${marksMax}}$`, 'u');
/** Characters that the terminal takes in one go: of plain text, and where there are commands, the most expensive of which take a tenth of a second. */
const pieceCharacters = { plain: 32_768, commands: 1024 } as const;
const commands = /[\x1b\x80-\x9f]/u;

/** Takes pieces of text; `drawn` is called once this one was. */
export interface TextTerminal {
  write(text: string, drawn?: () => void): void;
}

/** Hands bytes to a terminal, in pieces that leave the page room to do something else. */
export class TerminalOutput {
  readonly #terminal: TextTerminal;
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  /** Marks at the end of what was written. */
  #marks = 0;

  constructor(terminal: TextTerminal) {
    this.#terminal = terminal;
  }

  /** `drawn` is called when all of it was taken. */
  write(bytes: Uint8Array, drawn: () => void): void {
    const text = this.#bounded(this.#decoder.decode(bytes, { stream: true }));
    const most = pieceCharacters[commands.test(text) ? 'commands' : 'plain'];
    let at = 0;
    for (; text.length - at > most; at += most) this.#terminal.write(text.slice(at, at + most));
    this.#terminal.write(text.slice(at), drawn);
  }

  #bounded(text: string): string {
    if (text === '') return text;
    // Most of what is ever printed.
    if (/^[\0-\u02ff]*$/u.test(text)) {
      this.#marks = 0;
      return text;
    }
    const [start = ''] = atStart.exec(text) ?? [];
    const marks = [...start].slice(0, marksMax - this.#marks);
    const rest = text.slice(start.length).replace(tooMany, '');
    if (rest === '') this.#marks += marks.length;
    else this.#marks = [...(atEnd.exec(rest)?.[0] ?? '')].length;
    return marks.join('') + rest;
  }
}

import type { Terminal } from '../terminal.ts';
import { readLine } from './read-line.ts';

/**
 * Reads until the word with its code, or a no, is typed; Ctrl-D is a no. An empty line, however often, is nothing. `others` are words that
 * show something and decide nothing.
 */
export async function confirmTyped(
  terminal: Terminal,
  word: string,
  code: string,
  others: Readonly<Record<string, () => void>> = {},
): Promise<boolean> {
  for (;;) {
    const line = await readLine(terminal, '> ');
    const [first = '', typed = '', ...rest] = (line ?? 'no').trim().toLowerCase().split(/\s+/u);
    if (first === 'no' && typed === '') return false;
    if (first === word && typed.toUpperCase() === code && rest.length === 0) return true;
    const other = typed === '' && Object.hasOwn(others, first) ? others[first] : undefined;
    if (other !== undefined) other();
    else if (first !== '') terminal.stderr.write(`Type ${word} ${code}, or no.\n`);
  }
}

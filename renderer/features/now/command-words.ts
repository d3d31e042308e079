/** What a typed command line is: its words, or why it is none. */
export type CommandWords = { readonly words: readonly string[] } | { readonly problem: string };

/**
 * Splits a typed command as a shell would split plain words: blanks separate, quotes and backslashes keep together. Nothing is expanded:
 * no variables, no `~`, no `*`, no pipes; what looks like them is part of a word.
 */
export function commandWords(text: string): CommandWords {
  const words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  const letters = [...text];
  for (let index = 0; index < letters.length; index += 1) {
    const letter = letters[index] ?? '';
    if (letter === '\\' && quote !== "'") {
      const next = letters[index + 1];
      if (next === undefined) return { problem: 'The command ends in the middle of a \\.' };
      word = (word ?? '') + (quote === '"' && next !== '"' && next !== '\\' ? `\\${next}` : next);
      index += 1;
    } else if (quote !== undefined) {
      if (letter === quote) quote = undefined;
      else word = (word ?? '') + letter;
    } else if (letter === '"' || letter === "'") {
      quote = letter;
      word ??= '';
    } else if (/\s/u.test(letter)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? '') + letter;
  }
  if (quote !== undefined) return { problem: `A ${quote} is not closed.` };
  if (word !== undefined) words.push(word);
  return { words };
}

/**
 * Guarantee: what is handed to the policy engine is flat enough for its stack, and short enough to be read in a moment.
 *
 * Threat: the engine walks a rule by recursion inside WebAssembly. A few hundred brackets in one repository's policy overflow
 * its stack, and after that it answers nobody any more: every decision of every session would fail until the supervisor is
 * started again. Two hundred thousand semicolons keep it, and with it every session, busy for many seconds.
 *
 * Limits: a rough look at the text, not a parser: it may refuse a rule that the engine could just about read.
 */

/** Brackets of any kind inside each other, with `if` counted like one. */
const depthMax = 40;
/** Characters of operators in one rule: a chain of `||` or `.` is as deep as it is long. Real rules stay below 100. */
const operatorsMax = 1000;
/** `when` and `unless` of one rule. */
const clausesMax = 50;
/** Rules of one file. */
const rulesPerFileMax = 500;
/** Words, strings and signs of one file: four thousand hosts in lists. */
const tokensMax = 20_000;

/** Where and in which way a policy text is too deep or too long; undefined when it is neither. Lines count from 1. */
export function findTooDeep(text: string): { readonly line: number; readonly what: string } | undefined {
  let depth = 0;
  let rule = { ifs: 0, operators: 0, clauses: 0 };
  let line = 1;
  let count = 0;
  let rules = 0;
  for (const [token] of text.matchAll(tokens)) {
    if (token !== '\n') count += 1;
    if (token === ';') rules += 1;
    if (token === '[') rule.operators += 1;
    if ('([{'.includes(token)) depth += 1;
    else if (')]}'.includes(token)) depth = Math.max(0, depth - 1);
    else if (token === ';') rule = { ifs: 0, operators: 0, clauses: 0 };
    else if (token === 'if') rule.ifs += 1;
    else if (token === 'when' || token === 'unless') rule.clauses += 1;
    else if (token === '\n') line += 1;
    else if (token.startsWith('"')) line += token.split('\n').length - 1;
    else if (/^[|&+*.!<>=-]$/u.test(token)) rule.operators += 1;
    if (count > tokensMax) return { line, what: `The file has more than ${tokensMax} words and signs.` };
    if (rules > rulesPerFileMax) return { line, what: `It has more than ${rulesPerFileMax} rules.` };
    if (depth + rule.ifs > depthMax) return { line, what: `It nests brackets or \`if\` more than ${depthMax} deep.` };
    if (rule.operators > operatorsMax) return { line, what: 'A rule chains too many operators.' };
    if (rule.clauses > clausesMax) return { line, what: `A rule has more than ${clausesMax} conditions.` };
  }
  return undefined;
}

/**
 * Strings, comments (which end at a carriage return too, as for the engine), words, and everything else by character. A string
 * that never ends is an error to the engine, which then reads nothing behind it.
 */
const tokens = /"(?:[^"\\]|\\[\s\S])*(?:"|$)|\/\/[^\n\r]*|[A-Za-z_]\w*|\S|\n/gu;

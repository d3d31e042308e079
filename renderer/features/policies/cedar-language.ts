import { StreamLanguage, type StringStream, syntaxHighlighting } from '@codemirror/language';

/** Where in the text the reader is: in a string that goes on on the next line, or right after a name's first `::`. */
export interface CedarState {
  inString: boolean;
}

const keywords = new Set(['permit', 'forbid', 'when', 'unless', 'if', 'then', 'else', 'in', 'has', 'like', 'is']);
const variables = new Set(['principal', 'action', 'resource', 'context']);

/** Reads one token; undefined for what has no colour of its own. Every character belongs to some token, in any text. */
export function readCedarToken(stream: StringStream, state: CedarState): string | null {
  if (state.inString) return readString(stream, state);
  if (stream.eatSpace()) return null;
  if (stream.match('//')) {
    stream.skipToEnd();
    return 'comment';
  }
  if (stream.eat('"')) {
    state.inString = true;
    return readString(stream, state);
  }
  if (stream.match(/^@[A-Za-z_][A-Za-z0-9_]*/u)) return 'meta';
  if (stream.match(/^\?[a-z]+/u)) return 'variableName';
  if (stream.match(/^[0-9]+/u)) return 'number';
  const word = stream.match(/^[A-Za-z_][A-Za-z0-9_]*/u);
  if (word !== null && word !== true && word !== false) {
    const [name] = word;
    if (stream.match(/^\s*::/u, false)) return 'typeName';
    if (keywords.has(name)) return 'keyword';
    if (name === 'true' || name === 'false') return 'bool';
    return variables.has(name) ? 'variableName' : null;
  }
  if (stream.match(/^(?:&&|\|\||==|!=|<=|>=|[<>!+*-])/u)) return 'operator';
  stream.next();
  return null;
}

/** To the closing quote, or to the line's end: Cedar's strings may go on. */
function readString(stream: StringStream, state: CedarState): string {
  while (!stream.eol()) {
    const next = stream.next();
    if (next === '\\') stream.next();
    else if (next === '"') {
      state.inString = false;
      break;
    }
  }
  return 'string';
}

/** Cedar for the editor. */
export const cedarLanguage = StreamLanguage.define<CedarState>({
  name: 'cedar',
  startState: () => ({ inString: false }),
  copyState: ({ inString }) => ({ inString }),
  token: readCedarToken,
  languageData: { commentTokens: { line: '//' } },
});

/** Classes instead of colours: `policies.css` has those, for both schemes. */
export const cedarColours = syntaxHighlighting({
  style: (tags) => {
    const [first] = tags;
    return first === undefined ? null : `cedar-${String(first)}`;
  },
});

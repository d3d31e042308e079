import { styleText } from 'node:util';

/** How something is said beside its words; colour never carries a meaning alone. */
export type Tone = 'plain' | 'dim' | 'strong' | 'good' | 'warn' | 'bad';

const styles = { dim: 'dim', strong: 'bold', good: 'green', warn: 'yellow', bad: 'red' } as const;

/** What the output is: how wide, whether a person looks at it, and whether colours may be used. */
export interface Screen {
  readonly terminal: boolean;
  readonly columns: number;
  paint(tone: Tone, text: string): string;
}

/** Widest line we fill, so that text stays readable on very wide terminals. */
const columnsMax = 160;
const columnsWithoutTerminal = 80;

/** Looks at an output stream. Colours only on a terminal, never with NO_COLOR (no-color.org) or TERM=dumb. */
export function screenOf(
  stream: { readonly isTTY?: boolean | undefined; readonly columns?: number | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): Screen {
  const terminal = stream.isTTY === true;
  const colour = terminal && !environment['NO_COLOR'] && environment['TERM'] !== 'dumb';
  return {
    terminal,
    columns: terminal ? Math.min(Math.max(stream.columns ?? 80, 40), columnsMax) : columnsWithoutTerminal,
    paint: (tone, text) =>
      colour && tone !== 'plain' ? styleText(styles[tone], text, { validateStream: false }) : text,
  };
}

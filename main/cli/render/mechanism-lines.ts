import type { Mechanism } from '#contract/doctor.ts';
import type { Screen, Tone } from './screen.ts';
import { visible } from './visible.ts';
import { padEnd, wrap } from './width.ts';

const states: Readonly<Record<Mechanism['state'], { word: string; tone: Tone }>> = {
  ok: { word: '✓ ok', tone: 'good' },
  limited: { word: '! limited', tone: 'warn' },
  missing: { word: '✗ missing', tone: 'bad' },
};

const stateCells = 10;
const titleCellsMax = 24;

/** One mechanism: state, title, what was found; the remedy below, when there is one. */
export function mechanismLines(screen: Screen, mechanisms: readonly Mechanism[]): string {
  const titleCells = Math.min(titleCellsMax, Math.max(...mechanisms.map(({ title }) => title.length), 0));
  const indent = stateCells + titleCells + 4;
  return mechanisms
    .map(({ state, title, detail, remedy }) => {
      const { word, tone } = states[state];
      const lines = wrap(visible(detail), screen.columns - indent);
      const remedies = remedy === undefined ? [] : wrap(`→ ${visible(remedy)}`, screen.columns - indent);
      const [first = '', ...more] = [...lines, ...remedies];
      const head = `${screen.paint(tone, padEnd(word, stateCells))}  ${screen.paint('strong', padEnd(visible(title), titleCells))}  `;
      return `${head}${first}\n${more.map((line) => `${' '.repeat(indent)}${line}\n`).join('')}`;
    })
    .join('');
}

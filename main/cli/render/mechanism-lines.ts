import type { Mechanism } from '#contract/doctor.ts';
import type { Screen, Tone } from './screen.ts';
import { visible } from './visible.ts';
import { padEnd, wrap } from './width.ts';

const states: Readonly<Record<Mechanism['state'], { word: string; tone: Tone }>> = {
  ok: { word: '✓ ok', tone: 'good' },
  limited: { word: '! limited', tone: 'warn' },
  missing: { word: '✗ missing', tone: 'bad' },
};

const stateCells = 12;

/** One mechanism: its state, its title and what was found; the remedy below, when there is one. */
export function mechanismLines(screen: Screen, mechanisms: readonly Mechanism[]): string {
  const cells = screen.columns - stateCells;
  return mechanisms
    .map(({ state, title, detail, remedy }) => {
      const { word, tone } = states[state];
      const [first = '', ...more] = wrap(visible(`${title}: ${detail}`), cells);
      const remedies = remedy === undefined ? [] : wrap(`→ ${visible(remedy)}`, cells);
      // A title that did not fit the first line stays unpainted.
      const head = first.startsWith(`${title}:`) ? screen.paint('strong', title) + first.slice(title.length) : first;
      const rest = [...more, ...remedies].map((line) => `${' '.repeat(stateCells)}${line}\n`);
      return `${screen.paint(tone, padEnd(word, stateCells))}${head}\n${rest.join('')}`;
    })
    .join('');
}

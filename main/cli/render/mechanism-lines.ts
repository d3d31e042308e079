import type { Mechanism } from '#contract/doctor.ts';
import { visible } from '#contract/text/visible.ts';
import type { Screen, Tone } from './screen.ts';
import { padEnd, wrap } from './width.ts';

const states: Readonly<Record<Mechanism['state'], { word: string; tone: Tone }>> = {
  ok: { word: '✓ ok', tone: 'good' },
  limited: { word: '! limited', tone: 'warn' },
  missing: { word: '✗ missing', tone: 'bad' },
  unused: { word: '· unused', tone: 'dim' },
};

const stateCells = 12;

/**
 * Mechanisms, one below the other: state, title and what was found. Below one that is limited or missing, what is lost without it,
 * when that is known, and what to do; a remedy that several share is told once.
 */
export function mechanismLines(
  screen: Screen,
  mechanisms: readonly (Mechanism & { readonly protects?: string })[],
): string {
  const cells = screen.columns - stateCells;
  const told = new Set<string>();
  return mechanisms
    .map(({ state, title, detail, remedy, protects }) => {
      const { word, tone } = states[state];
      const stake = state === 'missing' ? 'Without it' : state === 'limited' ? 'At stake:' : undefined;
      const [first = '', ...more] = wrap(visible(`${title}: ${detail}`), cells);
      if (stake !== undefined && protects !== undefined) more.push(...wrap(`${stake} ${visible(protects)}.`, cells));
      if (remedy !== undefined && !told.has(remedy)) more.push(...wrap(`→ ${visible(remedy)}`, cells));
      if (remedy !== undefined) told.add(remedy);
      // A title that did not fit the first line stays unpainted.
      const head = first.startsWith(`${title}:`) ? screen.paint('strong', title) + first.slice(title.length) : first;
      const rest = more.map((line) => `${' '.repeat(stateCells)}${line}\n`);
      return `${screen.paint(tone, padEnd(word, stateCells))}${head}\n${rest.join('')}`;
    })
    .join('');
}

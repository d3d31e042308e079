import type { ShownDiff } from '#contract/bridge.ts';
import { element } from './element.ts';
import { foreignNode } from './shown-text.ts';
import { foreign, foreignWhole, inWords } from './spans.ts';

const lineClasses = { '+': 'diff-come', '-': 'diff-go', ' ': 'diff-same', '@': 'diff-where' } as const;
/** Characters of one line that are shown: longer ones are cut in the middle, which is said. */
const lineCharactersMax = 2000;

/** What would change in one file, line by line. The sign stands in the text, so that colour is not alone. */
export function diffView({ name, note, lines, left }: ShownDiff): HTMLElement {
  return element(
    'section',
    { class: 'diff' },
    element('h2', {}, foreignNode(foreignWhole(name))),
    element('p', {}, foreignNode(inWords(note))),
    lines.length === 0
      ? undefined
      : element(
          'div',
          { class: 'diff-lines', role: 'group', 'aria-label': 'Lines that change' },
          ...lines.map(({ sign, text }) =>
            element(
              'div',
              { class: lineClasses[sign] },
              element('span', { class: 'sign' }, sign === '@' ? '' : sign),
              foreignNode(foreign(text, lineCharactersMax)),
            ),
          ),
          left === 0
            ? undefined
            : element('div', { class: 'diff-where diff-left' }, `… and ${left} more lines, not shown here`),
        ),
  );
}

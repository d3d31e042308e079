import { visiblePieces } from '#contract/text/visible.ts';
import { element } from './element.ts';
import { lookAlikes } from './look-alikes.ts';
import { cutSpan, type ForeignSpan, gapText, type Span } from './spans.ts';

/** Marks what nobody could see, and letters that are not what they look like. */
function marked(text: string): Node[] {
  const odd = new Set(lookAlikes(text).map(({ letter }) => letter));
  return visiblePieces(text).flatMap(({ text: piece, written }): Node[] => {
    if (written) {
      return [
        element('span', { class: 'written', title: 'An invisible or controlling character, written out' }, piece),
      ];
    }
    return odd.size === 0 ? [document.createTextNode(piece)] : byLetter(piece, odd);
  });
}

function byLetter(text: string, odd: ReadonlySet<string>): Node[] {
  const nodes: Node[] = [];
  let plain = '';
  for (const letter of text) {
    if (!odd.has(letter)) {
      plain += letter;
      continue;
    }
    nodes.push(
      document.createTextNode(plain),
      element('span', { class: 'odd', title: 'Not the letter it looks like' }, letter),
    );
    plain = '';
  }
  return [...nodes, document.createTextNode(plain)];
}

/**
 * A text that somebody else chose: never reordered, everything unseen written out, long ones shortened. In the monospace face, unless
 * it stands within words of ours.
 */
export function foreignNode(span: ForeignSpan): HTMLElement {
  const attributes = { class: span.inWords === true ? 'said' : 'mono', dir: 'ltr' };
  const { head, left, tail } = cutSpan(span);
  if (left === 0) return element('bdi', attributes, ...marked(head));
  const isName = span.as === 'host' || span.as === 'path';
  const title = isName ? `${left} more characters; the whole name stands below` : undefined;
  return element(
    'bdi',
    attributes,
    ...marked(head),
    element('span', { class: 'gap', title }, gapText(span, left)),
    ...marked(tail),
  );
}

/** A sentence of ours with texts of others in it. */
export function spanNodes(spans: readonly Span[]): (Node | string)[] {
  return spans.map((span) => (typeof span === 'string' ? span : foreignNode(span)));
}

/** A label and what stands beside it. */
export interface Row {
  readonly label: string;
  readonly nodes: readonly (Node | string)[];
}

/** Labels and texts beside them; a label stands once for the rows that follow each other with it. */
export function factList(rows: readonly Row[]): HTMLElement {
  const groups: { readonly label: string; readonly cells: HTMLElement[] }[] = [];
  for (const { label, nodes } of rows) {
    const cell = element('dd', {}, ...nodes);
    const last = groups.at(-1);
    if (last?.label === label) last.cells.push(cell);
    else groups.push({ label, cells: [cell] });
  }
  return element(
    'dl',
    { class: 'facts' },
    ...groups.map(({ label, cells }) => element('div', { class: 'fact' }, element('dt', {}, label), ...cells)),
  );
}

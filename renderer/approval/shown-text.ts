import { visiblePieces } from '#contract/text/visible.ts';
import { element } from './element.ts';
import { lookAlikes } from './look-alikes.ts';
import { cutMiddle, type Span } from './spans.ts';

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
 * A text that somebody else chose: never reordered, everything unseen written out, long ones without their middle. In the monospace
 * face, unless it stands within words of ours.
 */
export function foreignText(text: string, most?: number, inWords = false): HTMLElement {
  const attributes = { class: inWords ? 'said' : 'mono', dir: 'ltr' };
  const { head, left, tail } = cutMiddle(text, most);
  if (left === 0) return element('bdi', attributes, ...marked(head));
  const gap = element('span', { class: 'gap' }, ` … ${left} more characters … `);
  return element('bdi', attributes, ...marked(head), gap, ...marked(tail));
}

/** A sentence of ours with texts of others in it. */
export function spanNodes(spans: readonly Span[]): (Node | string)[] {
  return spans.map((span) =>
    typeof span === 'string' ? span : foreignText(span.foreign, undefined, span.inWords === true),
  );
}

/** A label and a text beside it. */
export function factRow(label: string, ...nodes: readonly (Node | string)[]): HTMLElement {
  return element('div', { class: 'fact' }, element('dt', {}, label), element('dd', {}, ...nodes));
}

/** Characters of a host that are shown whole. */
const hostShownMax = 64;
/** Of a longer one at least this much of its end: the end says whose it is. */
const hostEndMin = 44;
/** Labels of it that stand whole, however long they are: `shop.example.co.uk` belongs to its last three. */
const hostLabelsMin = 3;
/** Characters of a path that are shown whole, and how much of a longer one at either end. */
const pathShownMax = 72;
const pathHeadMax = 24;
const pathEndMax = 44;

/** A text that is too long for its place: how it begins and ends, and how many characters are between. */
export interface Cut {
  readonly head: string;
  readonly left: number;
  readonly tail: string;
}

/** A host, with or without a port, without the beginning of a long one: whose it is stands at the end, and whoever made the name chose the beginning. */
export function cutHost(authority: string): Cut {
  if (authority.length <= hostShownMax) return whole(authority);
  const labels = authority.split('.');
  let count = 0;
  let tail = '';
  for (const label of labels.toReversed()) {
    if (count >= hostLabelsMin && tail.length >= hostEndMin) break;
    tail = tail === '' ? label : `${label}.${tail}`;
    count += 1;
  }
  return tail.length === authority.length ? whole(authority) : { head: '', left: authority.length - tail.length, tail };
}

/** A path without the middle of a long one, cut between its components where that can be. */
export function cutPath(path: string): Cut {
  const characters = [...path];
  if (characters.length <= pathShownMax) return whole(path);
  const head = characters.slice(0, pathHeadMax).join('');
  const tail = characters.slice(-pathEndMax).join('');
  const headEnd = head.lastIndexOf('/') + 1;
  const tailStart = Math.max(0, tail.indexOf('/'));
  const cut = { head: headEnd > 0 ? head.slice(0, headEnd) : head, tail: tail.slice(tailStart) };
  return { ...cut, left: characters.length - [...cut.head].length - [...cut.tail].length };
}

/** A long text without its middle. */
export function cutMiddle(text: string, most: number): Cut {
  const characters = [...text];
  if (characters.length <= most) return whole(text);
  const half = Math.floor(most / 2);
  return {
    head: characters.slice(0, half).join(''),
    left: characters.length - 2 * half,
    tail: characters.slice(-half).join(''),
  };
}

function whole(text: string): Cut {
  return { head: text, left: 0, tail: '' };
}

import type { MemoryChange, MemoryQuestion } from '#contract/memory.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { diffLines } from '../render/diff-lines.ts';
import { homePath } from '../render/home-path.ts';
import type { Screen } from '../render/screen.ts';
import { fact } from './agent-text.ts';

/** The texts of one change, as far as they are kept. */
export interface ChangeTexts {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** What a file is called for the person; its name is the agent's or the repository's choice. */
export function memoryLabel({ place, path }: Pick<MemoryChange, 'place' | 'path'>): string {
  return place === 'home' ? `~/${visible(path)} in its private home` : visible(path);
}

/** What is asked about, and about which files. */
export function memoryFactLines(question: MemoryQuestion, screen: Screen, home: string, nowMs: number): string[] {
  const { agent, workspace, pinnedAt, changes } = question;
  const files = changes.length === 1 ? 'a file' : `${changes.length} files`;
  return [
    `${screen.paint('strong', agent)} would be told ${screen.paint('warn', 'something else than before')}: ${files} it reads changed`,
    '',
    ...fact('Workspace', homePath(workspace, home), screen),
    ...fact('Pinned', relativeText(pinnedAt, nowMs), screen),
    ...changes.slice(0, namedMax).flatMap((change) => fact(labels[change.change], memoryLabel(change), screen)),
    ...(changes.length > namedMax ? fact('', `and ${changes.length - namedMax} more`, screen) : []),
  ];
}

/** The diffs below name them all. */
const namedMax = 12;

const labels: Readonly<Record<MemoryChange['change'], string>> = {
  changed: 'Changed',
  appeared: 'New',
  vanished: 'Gone',
};

/** One change in full: its name, and the diff; or why there is none. */
export function changeLines(change: MemoryChange, texts: ChangeTexts, screen: Screen, home: string): string[] {
  const { before, after } = change;
  const links = linkLines(change, screen, home);
  if (before?.sha256 === after?.sha256) return [...headLine(change, screen), ...links];
  const known = (side: MemoryChange['before'], text: string | undefined) => side === undefined || text !== undefined;
  if (!known(before, texts.before) || !known(after, texts.after)) {
    return [...headLine(change, screen), ...links, ...stateLines(change, texts, screen)];
  }
  const { lines, added, removed } = diffLines(texts.before ?? '', texts.after ?? '', screen);
  return [...headLine(change, screen, `+${added} −${removed}`), ...links, ...lines];
}

function headLine(change: MemoryChange, { paint }: Screen, counts = ''): string[] {
  return ['', `${paint('strong', memoryLabel(change))}  ${paint('dim', `${change.change} ${counts}`.trimEnd())}`];
}

function linkLines({ before, after }: MemoryChange, { paint }: Screen, home: string): string[] {
  const said = (side: MemoryChange['before']) =>
    side === undefined
      ? 'nothing'
      : side.link === undefined
        ? 'a file of its own'
        : `a link to ${homePath(side.link, home)}`;
  if (before?.link === after?.link) return after?.link === undefined ? [] : [paint('dim', said(after))];
  return [paint('warn', `it is ${said(after)}, and was ${said(before)}`)];
}

/** What is no text, is too long, or was not kept: which bytes, and that they cannot be shown. */
function stateLines({ before, after }: MemoryChange, texts: ChangeTexts, screen: Screen): string[] {
  const said = (side: MemoryChange['before']) =>
    side === undefined ? 'nothing' : `${side.sizeBytes} bytes, SHA-256 ${side.sha256}`;
  const why = 'It is long, or no text, or its pinned text was not kept: look at the file itself.';
  const shown =
    texts.after === undefined ? [] : ['All of it as it is now:', ...diffLines('', texts.after, screen).lines];
  return [screen.paint('warn', why), `was ${said(before)}`, `is  ${said(after)}`, ...shown];
}

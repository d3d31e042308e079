import { structuredPatch } from 'diff';
import type { ShownDiff } from '#contract/bridge.ts';
import type { MemoryChange, MemoryQuestion } from '#contract/memory.ts';
import { relativeText } from '#contract/text/span.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import type { Acted, Prepared } from './prepared.ts';

/** Lines around a change that are shown with it. */
const contextLines = 3;
/** A diff that would take longer is shown as everything old and everything new: whoever wrote the texts may have wanted it to take long. */
const diffMs = 1_000;
/** Lines of all diffs of one question. What is beyond is counted. */
const linesMax = 4_000;

interface Texts {
  readonly before?: string | undefined;
  readonly after?: string | undefined;
}

/** Asks, with diffs, whether an agent may be told something else than what was pinned; then goes on. */
export async function prepareMemory(
  control: ControlClient,
  question: MemoryQuestion,
  after: () => Promise<Acted>,
): Promise<Prepared> {
  const { digest, agent, workspace, pinnedAt, changes } = question;
  const diffs: ShownDiff[] = [];
  let room = linesMax;
  for (const [index, change] of changes.entries()) {
    const diff = diffOf(change, await control.call('memory.texts', { digest, index }), room);
    room -= diff.lines.length;
    diffs.push(diff);
  }
  const { code } = await control.call('memory.code', { digest });
  const files = changes.length === 1 ? 'one file' : `${changes.length} files`;
  return {
    question: {
      title: `Let ${agent} be told something else than before: ${files} it takes instructions from changed`,
      facts: [
        { label: 'In', text: workspace },
        { label: 'Accepted', text: relativeText(pinnedAt, Date.now()) },
      ],
      risk: 'high',
      confirm: 'Accept what changed',
      effect: `${agent} starts, and follows these texts from now on. Cancel, and it does not start.`,
      diffs,
    },
    act: async () => {
      await control.call('memory.accept', { digest, code });
      return after();
    },
  };
}

/** What changed in one file, as lines; or why there are none. `room` is how many may be shown. */
export function diffOf(change: MemoryChange, texts: Texts, room: number): ShownDiff {
  const { before, after } = change;
  const name = change.place === 'home' ? `~/${change.path} in its private home` : change.path;
  const links = [before?.link, after?.link];
  const leads = links[0] === links[1] ? '' : `, leads to ${links[1] ?? 'nothing'}, before to ${links[0] ?? 'nothing'}`;
  if (before?.sha256 === after?.sha256) return { name, note: `${change.change}${leads}`, lines: [], left: 0 };
  const isKnown = (side: MemoryChange['before'], text: string | undefined) => side === undefined || text !== undefined;
  if (!isKnown(before, texts.before) || !isKnown(after, texts.after)) {
    const said = (side: MemoryChange['before']) =>
      side === undefined ? 'nothing' : `${side.sizeBytes} bytes, SHA-256 ${side.sha256}`;
    const note = `${change.change}${leads}: too long or no text. Before ${said(before)}; now ${said(after)}`;
    return { name, note, lines: [], left: 0 };
  }
  const lines = linesOf(texts.before ?? '', texts.after ?? '');
  const count = (sign: string) => lines.filter((line) => line.sign === sign).length;
  return {
    name,
    note: `${change.change}${leads}: ${count('+')} lines come, ${count('-')} go`,
    lines: lines.slice(0, Math.max(room, 0)),
    left: Math.max(0, lines.length - Math.max(room, 0)),
  };
}

type Line = ShownDiff['lines'][number];

/** The lines of a unified diff. */
export function linesOf(before: string, after: string): Line[] {
  const patch = structuredPatch('', '', before, after, '', '', { context: contextLines, timeout: diffMs });
  if (patch === undefined) return [...whole(before, '-'), ...whole(after, '+')];
  return patch.hunks.flatMap(({ oldStart, newStart, lines }): Line[] => [
    { sign: '@', text: `from line ${newStart}, before ${oldStart}` },
    ...lines.map((line): Line => ({ sign: signOf(line), text: line.slice(1) })),
  ]);
}

/** `\` begins the remark that the last line does not end. */
function signOf(line: string): Line['sign'] {
  const sign = line[0];
  return sign === '+' || sign === '-' || sign === ' ' ? sign : '@';
}

function whole(text: string, sign: '+' | '-'): Line[] {
  return text
    .replace(/\n$/u, '')
    .split('\n')
    .map((line) => ({ sign, text: line }));
}

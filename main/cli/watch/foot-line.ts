import { visible } from '#contract/text/visible.ts';
import type { Screen } from '../render/screen.ts';
import { cellsOf, cutEnd } from '../render/width.ts';
import type { WatchState } from './watch-state.ts';

/** The last line: what is being typed, else what was just said, else which keys do something here. */
export function footLine(state: WatchState, screen: Screen): string {
  const { columns } = screen;
  const { entry, notice } = state;
  if (entry?.kind === 'filter') return `/${tail(visible(entry.line.text), columns - 3)}▏`;
  if (entry?.kind === 'confirm') {
    const before = `Type ${entry.word} and Enter to ${entry.what}, Esc for nothing: `;
    const room = Math.max(8, columns - cellsOf(before) - 2);
    return `${screen.paint('warn', cutEnd(before, columns - 10))}${tail(visible(entry.line.text), room)}▏`;
  }
  if (notice !== undefined) return screen.paint(notice.tone, cutEnd(notice.text, columns));
  return screen.paint('dim', cutEnd(hints(state, columns), columns));
}

/** The end of a line that is being typed. */
function tail(text: string, cells: number): string {
  let kept = text;
  while (cellsOf(kept) > cells) kept = kept.slice(1);
  return kept;
}

function hints(state: WatchState, columns: number): string {
  const texts = hintTexts(state);
  return texts.find((text) => cellsOf(text) <= columns) ?? texts.at(-1) ?? '';
}

/** Which keys do something here: all that is worth saying first, then less of it for narrower screens. */
function hintTexts(state: WatchState): readonly string[] {
  const { view, focus } = state;
  if (view.kind === 'keys') return ['Esc back  q leave'];
  if (view.kind === 'event') return ['↑↓ read  Esc back  q leave'];
  if (view.kind === 'session') {
    const long = 't take it back  p pause  r resume  s stop  k kill  Esc back  q leave';
    return [`↑↓ grant  ${long}`, long, 't take it back  p r s k  Esc back  ? keys'];
  }
  const here = {
    sessions: state.sessions.selected === undefined ? '' : 'Enter open  p pause  r resume  s stop  k kill  ',
    approvals: state.approvals.selected === undefined ? '' : 'Enter read and answer  ',
    timeline: state.timeline.isFollowing ? '↑ hold still  / search  ' : 'Enter open  End newest  / search  ',
  }[focus];
  return ['Tab pane  ? keys  q leave', '? keys  q leave', '? keys'].map((more) => `${here}${more}`);
}

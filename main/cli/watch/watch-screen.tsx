/**
 * Guarantee: whatever agents and the record say, every line of the screen stays in its row, and everything that is no
 * agent's choice in its column: texts are written out (`visible`), stand last in their row, and are cut at the edge.
 *
 * Threat: a task, a path, a host or a program's name with control sequences, line breaks, bidirectional overrides, wide or
 * covering characters or of any length, which is to look like a row of Gatehouse's own, or to hide or move one.
 *
 * Limits: terminals do not agree on how wide some characters are. One that draws more cells than thought loses the end of
 * that text, since lines do not wrap while the screen is shown (`held-terminal.ts`).
 */
import { Box, Text } from 'ink';
import { type ReactNode, useSyncExternalStore } from 'react';
import type { Screen } from '../render/screen.ts';
import { cutEnd } from '../render/width.ts';
import { eventLines, keyMapLines, sessionLines } from './detail-lines.ts';
import { footLine } from './foot-line.ts';
import { columnsMin, rowsMin } from './pane-heights.ts';
import { drawPane, headLine } from './panes.ts';
import { questionLines } from './question-lines.ts';
import { panes, type WatchState } from './watch-state.ts';

/** What every part of the screen is drawn from. */
interface Drawing {
  readonly state: WatchState;
  readonly screen: Screen;
}

/** The whole screen, drawn anew whenever the state says so. */
export function WatchScreen({ state, screen: base }: Drawing): ReactNode {
  useSyncExternalStore(state.subscribe, state.version);
  const { columns, rows } = state;
  const screen: Screen = { ...base, columns };
  if (columns < columnsMin || rows < rowsMin) return <TooSmall state={state} screen={screen} />;
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {state.view.kind === 'question' ? null : <Line text={headLine(state, screen)} />}
      <Middle state={state} screen={screen} />
      {state.view.kind === 'question' ? null : <Line text={footLine(state, screen)} />}
    </Box>
  );
}

/** What the view that is open looks like, between the first line and the last. */
function Middle({ state, screen }: Drawing): ReactNode {
  const { view } = state;
  const rows = state.rows - 2;
  switch (view.kind) {
    case 'panes':
      return panes.map((name) => <Pane key={name} name={name} state={state} screen={screen} />);
    case 'question': {
      const { clock, home, readOnlyBecause } = state;
      const drawing = questionLines(view.question, {
        screen,
        // The whole screen is its own: it says by itself how it stands.
        rows: state.rows,
        home,
        nowMs: clock.now(),
        steadyMs: clock.steady(),
        scroll: view.scroll,
        readOnlyBecause,
      });
      view.scroll = Math.min(view.scroll, drawing.scrollMax);
      return <Lines lines={drawing.lines} />;
    }
    case 'session':
      return <Lines lines={sessionLines(state, screen, rows)} />;
    case 'event': {
      const drawing = eventLines(view, state, screen, rows);
      view.scroll = Math.min(view.scroll, drawing.scrollMax);
      return <Lines lines={drawing.lines} />;
    }
    case 'keys':
      return <Lines lines={keyMapLines(screen, rows)} />;
  }
}

function Pane({ name, state, screen }: Drawing & { readonly name: (typeof panes)[number] }): ReactNode {
  const { title, rows } = drawPane(name, state, screen);
  return <Lines lines={[title, ...rows]} />;
}

function Lines({ lines }: { readonly lines: readonly string[] }): ReactNode {
  // A line is its place: there is nothing else by which one could be told from another.
  return lines.map((text, place) => <Line key={`line-${place.toString()}`} text={text} />);
}

/** One row of the terminal, whatever is in it: a text that is longer than thought is cut, and never makes another row. */
function Line({ text }: { readonly text: string }): ReactNode {
  return (
    <Box height={1} flexShrink={0} overflow="hidden">
      <Text wrap="truncate-end">{text === '' ? ' ' : text}</Text>
    </Box>
  );
}

function TooSmall({ state, screen }: Drawing): ReactNode {
  const waiting = state.openCount === 0 ? '' : ` ${state.openCount} waiting.`;
  return (
    <Box height={1} width={screen.columns} overflow="hidden">
      <Text wrap="truncate-end">
        {cutEnd(`Make the window ${columnsMin}×${rowsMin} or larger.${waiting} q leaves.`, screen.columns)}
      </Text>
    </Box>
  );
}

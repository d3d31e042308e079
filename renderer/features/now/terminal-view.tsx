import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import '@xterm/xterm/css/xterm.css';
import { useEffect, useRef, useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { errorDataOf } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { type OpenStream, openTerminalStream } from '../../stores/streams.ts';
import { takesFocus } from './terminal-focus.ts';
import { TerminalGone } from './terminal-gone.tsx';
import { TerminalOutput } from './terminal-output.ts';
import { makeSafe, safeTerminalOptions } from './terminal-safety.ts';
import { terminalTheme } from './terminal-theme.ts';
import './terminal-view.css';

/** Characters typed or pasted at once; the shell takes no more. */
const writtenMax = 1024 * 1024;

type Attached = 'attaching' | 'typing' | 'looking' | 'over';

interface ViewParts {
  readonly session: string;
  readonly tty: boolean;
  /** The session is not over: when the terminal was let go, it can be attached again. */
  readonly goesOn: boolean;
}

/** The terminal of a session, attached as long as this is shown. Nothing in it reaches anything outside its box. */
export function TerminalView({ session, tty, goesOn }: ViewParts) {
  const box = useRef<HTMLDivElement>(null);
  const shown = useRef<Terminal>(undefined);
  const [attached, setAttached] = useState<Attached>('attaching');
  const [over, setOver] = useState<string>();
  const [error, setError] = useState<ErrorData>();
  const [attempt, setAttempt] = useState(0);
  const [refused, setRefused] = useState(false);
  const [screenReader, setScreenReader] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt attaches again
  useEffect(() => {
    const place = box.current;
    if (place === null) return;
    const { terminal, fitBox, dispose } = drawTerminal(place, tty);
    shown.current = terminal;
    let stream: OpenStream | undefined;
    let left = false;
    setAttached('attaching');
    setError(undefined);
    setOver(undefined);
    openTerminalStream(session, !tty).then(
      (opened) => {
        if (left) return opened.close();
        stream = opened;
        terminal.options.disableStdin = opened.readOnly;
        setAttached(opened.readOnly ? 'looking' : 'typing');
        const { number } = opened;
        window.gatehouse.streams.resize(number, terminal.cols, terminal.rows);
        terminal.onResize(({ cols, rows }) => window.gatehouse.streams.resize(number, cols, rows));
        terminal.onData((text) => {
          setRefused(text.length > writtenMax);
          if (!opened.readOnly && text.length <= writtenMax) window.gatehouse.streams.write(number, text);
        });
        const output = new TerminalOutput(terminal);
        opened.follow({
          output: (bytes) => output.write(bytes, () => window.gatehouse.streams.taken(number, bytes.length)),
          end: (why) => {
            terminal.options.disableStdin = true;
            setAttached('over');
            setOver(why);
          },
        });
        fitBox();
        if (takesFocus(session)) terminal.focus();
      },
      (failure) => {
        if (!left) setError(errorDataOf(failure));
      },
    );
    return () => {
      left = true;
      stream?.close();
      dispose();
    };
  }, [session, tty, attempt]);
  useEffect(() => {
    if (shown.current !== undefined) shown.current.options.screenReaderMode = screenReader;
  }, [screenReader]);
  return (
    <div className="terminal-view">
      {error !== undefined && goesOn && <ErrorNote title="The terminal could not be opened." error={error} />}
      {/* It ended before anything of it was seen, which is nobody's failure. */}
      {error !== undefined && !goesOn && <TerminalGone />}
      <div className="terminal-box" ref={box} hidden={error !== undefined} data-attached={attached} />
      <p className="terminal-foot dim">
        <span role="status">
          {refused ? 'That is more than can be pasted at once: nothing of it was sent.' : footWords(attached, over)}
        </span>
        {goesOn && (attached === 'over' || error !== undefined) && (
          <button type="button" className="now-link" onClick={() => setAttempt(attempt + 1)}>
            Attach again
          </button>
        )}
        <label>
          <input type="checkbox" checked={screenReader} onChange={({ target }) => setScreenReader(target.checked)} />{' '}
          For screen readers
        </label>
      </p>
    </div>
  );
}

function footWords(attached: Attached, over: string | undefined): string {
  switch (attached) {
    case 'attaching':
      return 'Attaching…';
    case 'typing':
      return 'Keys go to the agent. Ctrl+Shift+E leaves.';
    case 'looking':
      return 'This session has no terminal: you see what it prints and cannot type.';
    case 'over':
      return visible(over ?? 'It is over.');
  }
}

/** Makes a terminal in a box and keeps it as large as that. */
function drawTerminal(place: HTMLElement, tty: boolean) {
  const style = getComputedStyle(place);
  const terminal = new Terminal({
    ...safeTerminalOptions,
    convertEol: !tty,
    cursorBlink: false,
    fontFamily: style.getPropertyValue('--mono'),
    fontSize: 13,
    minimumContrastRatio: 4.5,
    theme: terminalTheme(place),
  });
  const addon = new FitAddon();
  terminal.loadAddon(addon);
  makeSafe(terminal);
  terminal.attachCustomKeyEventHandler((event) => !isOfTheWindow(event, terminal));
  terminal.open(place);
  const fitBox = () => {
    if (place.clientHeight > 0) addon.fit();
  };
  fitBox();
  const sizes = new ResizeObserver(fitBox);
  sizes.observe(place);
  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const repaint = () => {
    terminal.options.theme = terminalTheme(place);
  };
  dark.addEventListener('change', repaint);
  const dispose = () => {
    sizes.disconnect();
    dark.removeEventListener('change', repaint);
    terminal.dispose();
  };
  return { terminal, fitBox, dispose };
}

/** Keys that are the window's even while a terminal has them: the five places, copy and paste, and the way out. */
function isOfTheWindow(event: KeyboardEvent, terminal: Terminal): boolean {
  if (event.type !== 'keydown' || !event.ctrlKey || event.altKey) return false;
  if (!event.shiftKey) return /^[1-5]$/u.test(event.key);
  switch (event.code) {
    case 'KeyC':
      event.preventDefault();
      if (terminal.hasSelection()) document.execCommand('copy');
      return true;
    case 'KeyV':
      // The browser's own paste, which goes through the terminal's bracketing.
      return true;
    case 'KeyE':
      event.preventDefault();
      terminal.blur();
      document.querySelector<HTMLElement>('[role="tab"][aria-selected="true"]')?.focus();
      return true;
    default:
      return false;
  }
}

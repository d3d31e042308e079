import { render } from 'ink';
import { connectControl } from '../../adapters/control/client.ts';
import { statePaths } from '../../adapters/control/paths.ts';
import type { Terminal } from '../terminal.ts';
import { holdTerminal } from './held-terminal.ts';
import { WatchKeys } from './watch-keys.ts';
import { WatchLink } from './watch-link.ts';
import { WatchScreen } from './watch-screen.tsx';
import { WatchState } from './watch-state.ts';

/** The renderer writes at most this often, whatever changes. */
const framesPerSecondMax = 15;
/** Ages and times left go on by themselves. */
const tickMs = 1_000;
/** A flood of questions rings no more often than this. */
const ringEveryMs = 2_000;
/** As a shell reports them: 128 and the number of the signal. */
const signalStatus = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129, SIGQUIT: 131 } as const;

/** Shows the live screen until it is left. Resolves with the exit status; the terminal is then as it was. */
export async function watch(terminal: Terminal): Promise<number> {
  const { stdout, home } = terminal;
  const state = new WatchState({ now: terminal.nowMs, steady: () => performance.now() }, home);
  const paths = statePaths(terminal.environment);
  const ending = Promise.withResolvers<number>();
  let rangAt = Number.NEGATIVE_INFINITY;
  const ring = () => {
    if (performance.now() - rangAt < ringEveryMs) return;
    rangAt = performance.now();
    stdout.write('\x07');
  };
  const link = new WatchLink(state, () => connectControl(paths), ring);
  const keys = new WatchKeys(state, link, (how) => ending.resolve(how === 'asked' ? 0 : signalStatus.SIGINT));
  const measure = () => {
    state.columns = stdout.columns ?? 80;
    state.rows = stdout.rows ?? 24;
    state.redraw();
  };
  const undo = listen(stdout, measure, ending);
  measure();
  const held = holdTerminal(terminal, (bytes) => keys.push(bytes));
  const ticks = setInterval(() => state.changed(), tickMs);
  const screen = render(<WatchScreen state={state} screen={terminal.screen} />, {
    stdout,
    stdin: terminal.stdin,
    // Not by whether a variable says CI: a terminal is there, or `gatehouse watch` was refused.
    interactive: true,
    alternateScreen: true,
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: framesPerSecondMax,
  });
  const repaint = () => {
    screen.clear();
    held.retake();
    state.redraw();
  };
  keys.onRepaint = repaint;
  process.on('SIGCONT', repaint);
  try {
    const drawn = screen.waitUntilExit().then(() => 0);
    const linked = link.run().then(() => ending.promise);
    return await Promise.race([ending.promise, drawn, linked]);
  } finally {
    process.off('SIGCONT', repaint);
    clearInterval(ticks);
    keys.close();
    link.close();
    state.close();
    screen.unmount();
    await screen.waitUntilExit().catch(() => undefined);
    held.restore();
    undo();
  }
}

/** Follows the size of the terminal and what ends this process. Returns the function that stops. */
function listen(
  stdout: Terminal['stdout'],
  measure: () => void,
  ending: { resolve(status: number): void; reject(error: unknown): void },
): () => void {
  const fault = (error: unknown) => ending.reject(error);
  const handlers = Object.entries(signalStatus).map(([name, status]) => ({
    name,
    handler: () => ending.resolve(status),
  }));
  for (const { name, handler } of handlers) process.on(name, handler);
  process.on('uncaughtException', fault);
  process.on('unhandledRejection', fault);
  stdout.on('resize', measure);
  return () => {
    for (const { name, handler } of handlers) process.off(name, handler);
    process.off('uncaughtException', fault);
    process.off('unhandledRejection', fault);
    stdout.off('resize', measure);
  };
}

import type { ControlClient } from '../adapters/control/client.ts';
import type { SessionStream } from '../adapters/control/stream-client.ts';
import { errorDataOf } from './failure.ts';
import { InterruptLadder } from './signals.ts';
import { notice, type Terminal } from './terminal.ts';

const forwarded = ['INT', 'TERM', 'HUP', 'QUIT'] as const;

/** What the signals act on. */
export interface SignalTarget {
  readonly control: ControlClient;
  readonly stream: SessionStream;
  readonly id: string;
  /** An interactive agent gets its keys as bytes; a signal to this process then means: end the session. */
  readonly interactive: boolean;
  /** Our terminal is gone. Whether the session ends with it depends on who else is attached, which the supervisor knows. */
  readonly hungUp?: () => void;
}

/**
 * Translates signals to this process: with pipes the first one reaches the agent, repeated ones stop and then kill the session.
 * Returns the function that takes the handlers away.
 */
export function listenToSignals(terminal: Terminal, target: SignalTarget): () => void {
  const removers = forwarded.map((name) => {
    const ladder = new InterruptLadder();
    if (target.interactive) ladder.next(Number.NaN);
    const handler = () => {
      if (name === 'HUP' && target.interactive && target.hungUp !== undefined) {
        target.hungUp();
        return;
      }
      const step = ladder.next(target.interactive ? Number.NaN : terminal.nowMs());
      if (step === 'forward') target.stream.signal(name);
      else endSession(terminal, target, step);
    };
    process.on(`SIG${name}`, handler);
    return () => process.off(`SIG${name}`, handler);
  });
  return () => {
    for (const remove of removers) remove();
  };
}

/**
 * Calls `leave` at the first signal to this process that would end it, and `goAway` at the next, or when our terminal hung up. Returns
 * what takes the handlers away.
 */
export function leaveOnSignals(leave: () => void, goAway: () => void): () => void {
  let asked = false;
  const handler = (name: NodeJS.Signals) => {
    if (asked || name === 'SIGHUP') goAway();
    else leave();
    asked = true;
  };
  for (const name of forwarded) process.on(`SIG${name}`, handler);
  return () => {
    for (const name of forwarded) process.off(`SIG${name}`, handler);
  };
}

/** Asks the supervisor to end the session; the stream's end then ends `run`. */
export function endSession(terminal: Terminal, target: SignalTarget, how: 'stop' | 'kill'): void {
  if (!target.interactive) {
    notice(terminal, how === 'stop' ? `stopping ${target.id}; once more kills it.` : `killing ${target.id}.`);
  }
  target.control.call(how === 'stop' ? 'session.stop' : 'session.kill', { id: target.id }).catch((error: unknown) => {
    // It may have ended by itself meanwhile, which is what was wanted.
    if (errorDataOf(error)?.code !== 'session_not_running') target.stream.close();
  });
}

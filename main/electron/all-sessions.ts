import { dialog } from 'electron';
import type { ControlClient } from '../adapters/control/client.ts';
import type { Notices } from './notices.ts';
import { dataOf, type SupervisorLink } from './supervisor-link.ts';
import { plural } from './tray-words.ts';
import { within } from './within.ts';

/** A supervisor that has not answered for this long is asked whether it answers at all, in milliseconds. */
const patienceMs = 10_000;
/** How long it may take to answer that, in milliseconds. */
const livelyMs = 5_000;
/** The patience with one that was silent already, in milliseconds. */
const silentPatienceMs = 1_000;

/** What it needs of the shell. */
export interface AllSessionsParts {
  readonly link: SupervisorLink;
  readonly notices: Notices;
  /** Brings the main window up. */
  readonly open: () => void;
}

type Act = 'session.pause' | 'session.kill';

/**
 * Pauses or ends every session, from the tray or from any program by a key. Whoever does it believes that everything stands still
 * afterwards: what became of it is always said. A supervisor that hangs is ended, which ends every session: nobody who wants everything
 * stopped wants to wait for it.
 */
export class AllSessions {
  readonly #parts: AllSessionsParts;
  readonly #running = new Set<Act>();

  constructor(parts: AllSessionsParts) {
    this.#parts = parts;
  }

  /** Returns whether it was done. A key that is held does it once. */
  async pause(): Promise<boolean> {
    return this.#do('session.pause');
  }

  /** The same for ending them. */
  async stop(): Promise<boolean> {
    return this.#do('session.kill');
  }

  async #do(act: Act): Promise<boolean> {
    if (this.#running.has(act)) return false;
    this.#running.add(act);
    try {
      const count = await this.#call(act);
      this.#say(act, count);
      return true;
    } catch (error) {
      this.#fail(act, error);
      return false;
    } finally {
      this.#running.delete(act);
    }
  }

  async #call(act: Act): Promise<number | 'supervisor'> {
    const { link } = this.#parts;
    const control = link.control();
    const answer = control.call(act, { all: true });
    for (;;) {
      const done = await within(answer, link.link.state === 'silent' ? silentPatienceMs : patienceMs);
      if (done !== undefined) return done.sessions.length;
      if (await answers(control)) continue;
      if (act !== 'session.kill') throw new Error(`The supervisor has not answered for ${seconds(patienceMs)}.`);
      // Its last word on this call is that it is gone.
      answer.catch(() => undefined);
      link.killSupervisor();
      await control.closed;
      return 'supervisor';
    }
  }

  #say(act: Act, count: number | 'supervisor'): void {
    const { notices, open } = this.#parts;
    if (count === 'supervisor') {
      notices.show(
        'all',
        'Everything is stopped',
        'The supervisor did not answer: it was ended, and every session with it.',
        open,
      );
    } else if (count === 0) {
      notices.show('all', 'Nothing to do', 'No session was running.', open);
    } else if (act === 'session.kill') {
      notices.show('all', 'Everything is stopped', `${plural(count, 'session')} ended.`, open);
    } else {
      notices.show('all', 'Everything is paused', `${plural(count, 'session')} paused. Limits of time go on.`, open);
    }
  }

  #fail(act: Act, error: unknown): void {
    const { what, why, remedy } = dataOf(error);
    const wanted = act === 'session.kill' ? 'stopped' : 'paused';
    this.#parts.open();
    void dialog.showMessageBox({
      type: 'error',
      message: `The sessions were not ${wanted}.`,
      detail: [what, why, remedy ?? '`gatehouse kill --all` in a terminal stops them.'].filter(Boolean).join(' '),
    });
  }
}

/** Ending many sessions takes its time; a supervisor that does that still answers. */
async function answers(control: ControlClient): Promise<boolean> {
  const sign = control.call('supervisor.ping', {}).then(
    () => true,
    () => false,
  );
  return (await within(sign, livelyMs)) === true;
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} seconds`;
}

import type { Link } from '#contract/bridge.ts';

/** How many sessions ended with a supervisor that is gone. A connection alone that was lost, and found again, ended none. */
export class LostSupervisor {
  #pid: number | undefined;
  #sessions = 0;

  /** The connection changed. `pid` is the supervisor's, when it is connected; `running` what ran until now. Returns what is to be said. */
  next(state: Link['state'], pid: number | undefined, running: number): number {
    // Whatever runs is still there.
    if (state === 'silent') return 0;
    if (state === 'connecting') {
      this.#sessions = running;
      return 0;
    }
    const isGone = state === 'lost' || pid !== this.#pid;
    const ended = isGone ? this.#sessions : 0;
    if (state === 'connected') this.#pid = pid;
    this.#sessions = 0;
    return ended;
  }
}

import type { Link } from '#contract/bridge.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import { type ControlClient, connectControl, supervisorSilent } from '../adapters/control/client.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { within } from './within.ts';

/** How long after a lost connection the next try comes, in milliseconds; twice as long after each that failed. */
const retryMs = 2_000;
/** A supervisor that cannot start is not tried more often than this, in milliseconds: each try is a program. */
const retryMsMax = 30_000;
/** How often a supervisor is asked whether it answers, in milliseconds. */
const beatMs = 5_000;
/** One that has not answered for this long is said to be silent, in milliseconds. */
const silentMs = 10_000;

/** Its sessions are still there, so that it is not ended of itself: who wants that has a key for it. */
const silent: Link = {
  state: 'silent',
  error: supervisorSilent(
    silentMs,
    'Wait; or end everything, which ends the supervisor too: “Stop all sessions now” (Ctrl+Alt+Shift+X), or `gatehouse kill --all`. A new one starts.',
  ).data,
};

/**
 * The shell's connection to the supervisor: made at the start, and again whenever it is lost. Whoever needs one gets the current one, or
 * the reason why there is none.
 */
export class SupervisorLink {
  readonly #paths: StatePaths;
  readonly #start: () => Promise<void>;
  readonly #listeners = new Set<(link: Link) => void>();
  readonly #connected = new Set<(control: ControlClient) => Promise<void> | void>();
  #control: ControlClient | undefined;
  #pid: number | undefined;
  #link: Link = { state: 'connecting' };
  #closed = false;

  /** `start` starts a supervisor and resolves when it stands. */
  constructor(paths: StatePaths, start: () => Promise<void>) {
    this.#paths = paths;
    this.#start = start;
  }

  get link(): Link {
    return this.#link;
  }

  /** The process of the supervisor that is connected now. */
  get pid(): number | undefined {
    return this.#pid;
  }

  /** The connection; throws the reason when there is none now. */
  control(): ControlClient {
    if (this.#control !== undefined) return this.#control;
    throw 'error' in this.#link
      ? new GatehouseError(this.#link.error)
      : new GatehouseError({
          code: 'supervisor_unreachable',
          what: 'Gatehouse is still connecting to its supervisor.',
        });
  }

  onChange(listener: (link: Link) => void): void {
    this.#listeners.add(listener);
  }

  /** Runs with every new connection, before it is given to others. */
  onConnected(use: (control: ControlClient) => Promise<void> | void): void {
    this.#connected.add(use);
  }

  /** Connects, and stays connected until `close`. */
  async run(): Promise<void> {
    let delayMs = retryMs;
    while (!this.#closed) {
      try {
        await this.#stayConnected(await this.#connect());
        if (this.#closed) return;
        this.#change({ state: 'connecting' });
        delayMs = retryMs;
      } catch (error) {
        this.#change({ state: 'lost', error: dataOf(error) });
        delayMs = Math.min(delayMs * 2, retryMsMax);
      }
      await new Promise((resolve) => setTimeout(resolve, delayMs));
    }
  }

  /** Resolves when the connection is gone, whoever ended it. */
  async #stayConnected(control: ControlClient): Promise<void> {
    try {
      this.#pid = await this.#beat(control);
      for (const use of this.#connected) await use(control);
      this.#control = control;
      this.#change({ state: 'connected' });
      const gone = control.closed.then(() => 'gone' as const);
      while ((await within(gone, beatMs)) !== 'gone') {
        // A refusal is a sign of life as well, and a connection that ends meanwhile ends the loop.
        await this.#beat(control).catch(() => undefined);
        if (this.#link.state === 'silent') this.#change({ state: 'connected' });
      }
    } finally {
      this.#control = undefined;
      this.#pid = undefined;
      control.close();
    }
  }

  /** Asks for a sign of life, and says so when none comes. Resolves with its process once it answers; rejects when it is gone. */
  async #beat(control: ControlClient): Promise<number> {
    const sign = control.call('supervisor.ping', {});
    if ((await within(sign, silentMs)) === undefined) this.#change(silent);
    return (await sign).pid;
  }

  /**
   * Ends a supervisor that does not answer any more, and with it every session: the kernel ends their walls with it. Only while it holds our
   * connection: its number is nobody else's then.
   */
  killSupervisor(): void {
    if (this.#control !== undefined && this.#pid !== undefined) process.kill(this.#pid, 'SIGKILL');
  }

  async #connect(): Promise<ControlClient> {
    try {
      return await connectControl(this.#paths);
    } catch (error) {
      if (!(error instanceof GatehouseError) || error.data.code !== 'supervisor_unreachable') throw error;
      await this.#start();
      return connectControl(this.#paths);
    }
  }

  close(): void {
    this.#closed = true;
    this.#control?.close();
  }

  #change(link: Link): void {
    this.#link = link;
    for (const listener of this.#listeners) listener(link);
  }
}

/** An error as data for a window. */
export function dataOf(error: unknown): GatehouseError['data'] {
  if (error instanceof GatehouseError) return error.data;
  return { code: 'invalid_request', what: 'Gatehouse met a bug in its windows.', why: String(error) };
}

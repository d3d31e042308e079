import type { Link } from '#contract/bridge.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import { type ControlClient, connectControl } from '../adapters/control/client.ts';
import type { StatePaths } from '../adapters/control/paths.ts';

/** How long after a failed try the next one comes. */
const retryMs = 2_000;

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

  /** The connection; throws the reason when there is none now. */
  control(): ControlClient {
    if (this.#control !== undefined) return this.#control;
    throw this.#link.state === 'lost'
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
    while (!this.#closed) {
      try {
        const control = await this.#connect();
        for (const use of this.#connected) await use(control);
        this.#control = control;
        this.#change({ state: 'connected' });
        await control.closed;
        this.#control = undefined;
        if (this.#closed) return;
        this.#change({ state: 'connecting' });
      } catch (error) {
        this.#change({ state: 'lost', error: dataOf(error) });
      }
      await new Promise((resolve) => setTimeout(resolve, retryMs));
    }
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

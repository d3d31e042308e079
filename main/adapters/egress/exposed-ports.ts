import type { Exposure, ExposureReport } from '../../core/network/exposure.ts';
import type { Supervisor } from './egress-session.ts';
import { ExposedPort } from './exposed-port.ts';
import { LoopbackOwners } from './loopback-owner.ts';

/** The exposed ports of all sessions. */
export class ExposedPorts {
  readonly #owners = new LoopbackOwners();
  readonly #bySession = new Map<string, ExposedPort[]>();
  readonly #supervisor: Pick<Supervisor, 'refused'>;

  constructor(supervisor: Pick<Supervisor, 'refused'>) {
    this.#supervisor = supervisor;
  }

  /** Opens one more port of a session. */
  async open(sessionId: string, exposure: Exposure): Promise<void> {
    const port = new ExposedPort(sessionId, exposure, this.#owners, this.#supervisor);
    await port.open();
    this.#bySession.set(sessionId, [...(this.#bySession.get(sessionId) ?? []), port]);
  }

  /** Closes every port of a session. */
  async close(sessionId: string): Promise<ExposureReport[]> {
    const ports = this.#bySession.get(sessionId) ?? [];
    this.#bySession.delete(sessionId);
    return Promise.all(ports.map((port) => port.close()));
  }
}

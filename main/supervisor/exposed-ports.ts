import type { NewEvent } from '#contract/audit.ts';
import type { ExposedPort, ExposeRequest } from '#contract/exposed-port.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Session } from '#contract/session.ts';
import { findLoopbackPort } from '../adapters/egress/loopback-port.ts';
import { type ExposureReport, exposedAddresses } from '../core/network/exposure.ts';
import { exposedSocketPath } from '../core/sandbox/exposed-socket.ts';
import type { SandboxRequest } from '../core/sandbox/sandbox.ts';
import type { SessionParts } from './session-parts.ts';

/** Ports of a session that the person reaches on the host: planned with its start, opened before it runs, closed with it. */

/** Decides on the host's ports. Throws `invalid_request` for what cannot be meant, `port_unavailable` for a port that is taken. */
export async function planExposed(
  requests: readonly ExposeRequest[],
  relays: SandboxRequest['relays'],
): Promise<ExposedPort[]> {
  refuseAmbiguous(requests, relays);
  const planned: ExposedPort[] = [];
  // Asked-for ports first: one that is chosen freely must not be one of them.
  for (const { hostPort, port } of [...requests].sort((a, b) => b.hostPort - a.hostPort)) {
    planned.push({ hostPort: await findLoopbackPort(hostPort, port), port });
  }
  return planned.sort((a, b) => a.port - b.port);
}

function refuseAmbiguous(requests: readonly ExposeRequest[], relays: SandboxRequest['relays']): void {
  const refuse = (what: string, remedy: string) => operatingError('invalid_request', what, { remedy });
  const asked = requests.filter(({ hostPort }) => hostPort !== 0).map(({ hostPort }) => hostPort);
  for (const { hostPort, port } of requests) {
    if (requests.filter((other) => other.port === port).length > 1) {
      throw refuse(`Port ${port} of the session is exposed twice.`, 'Expose it once.');
    }
    if (asked.filter((other) => other === hostPort).length > 1) {
      throw refuse(
        `Two ports of the session are exposed on port ${hostPort}.`,
        `Expose one of them on another: --expose 0:${port}.`,
      );
    }
    if (relays.some((relay) => relay.port === port)) {
      throw refuse(
        `Port ${port} cannot be exposed: inside, it leads to port ${port} of the host, which the session was granted.`,
        'Let its server listen on another port.',
      );
    }
  }
}

/** What the person is told at the start. */
export function exposedNotices(exposed: readonly ExposedPort[]): string[] {
  return exposed.map(
    ({ hostPort, port }) => `http://${exposedAddresses[0]}:${hostPort} reaches port ${port} of this session`,
  );
}

/** Opens the planned ports, each on record before anything listens. */
export async function openExposed(
  { audit, egress }: Pick<SessionParts, 'audit' | 'egress'>,
  session: Session,
  runtimeFolder: string,
): Promise<void> {
  for (const { hostPort, port } of session.exposed ?? []) {
    await audit.append(exposedEvent(session, { hostPort, port }));
    await egress().expose(session.id, { hostPort, port, socketPath: exposedSocketPath(runtimeFolder, port) });
  }
}

function about(session: Session) {
  return { session: session.id, task: session.taskId, agent: session.agent };
}

function exposedEvent(session: Session, { hostPort, port }: ExposedPort): NewEvent {
  return {
    kind: 'port.exposed',
    ...about(session),
    summary: `Port ${port} of ${session.agent} can be reached on ${exposedAddresses[0]}:${hostPort}`,
    detail: { hostPort, port },
  };
}

/** That an exposed port is closed, with all that went through it. */
export function portClosedEvent(session: Session, report: ExposureReport): NewEvent {
  const { hostPort, port, connections, bytesIn, bytesOut } = report;
  return {
    kind: 'port.closed',
    ...about(session),
    summary: `Port ${port} on ${exposedAddresses[0]}:${hostPort} is closed: ${connections} connection(s), ${bytesIn} B in, ${bytesOut} B out`,
    detail: { ...report },
  };
}

import { once } from 'node:events';
import { createServer } from 'node:net';
import { operatingError } from '#contract/operating-error.ts';
import { exposedAddresses } from '../../core/network/exposure.ts';

/**
 * Finds out whether a port of the host's loopback can be had, by having it for a moment; 0 becomes one that is free. Throws
 * `port_unavailable` with what to do instead.
 */
export async function findLoopbackPort(hostPort: number, port: number): Promise<number> {
  const server = createServer();
  server.listen({ host: exposedAddresses[0], port: hostPort, exclusive: true });
  try {
    await once(server, 'listening');
  } catch (cause) {
    throw unavailable(hostPort, port, cause);
  }
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('a TCP server has an address with a port');
  return address.port;
}

function unavailable(hostPort: number, port: number, cause: unknown): Error {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'Another program listens there, or another session exposes it.',
    EACCES: 'The system keeps ports this low for root.',
  };
  return operatingError('port_unavailable', `Port ${hostPort} of 127.0.0.1 cannot be had.`, {
    why: reasons[code] ?? `The system says ${code}.`,
    remedy: `Expose it on another one: --expose 0:${port} takes any that is free and says which.`,
    cause,
  });
}

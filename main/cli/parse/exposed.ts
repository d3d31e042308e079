import { type ExposeRequest, exposedPortsMax, exposeRequest } from '#contract/exposed-port.ts';
import { UsageError } from '../usage-error.ts';

/** Reads `--expose PORT` and `--expose HOSTPORT:PORT` options. */
export function parseExposed(specs: readonly string[]): ExposeRequest[] {
  if (specs.length > exposedPortsMax) {
    throw new UsageError(`A session can expose ${exposedPortsMax} ports, not ${specs.length}.`);
  }
  return specs.map(parseSpec);
}

function parseSpec(spec: string): ExposeRequest {
  const request = exposeRequest(spec);
  if (request !== undefined) return request;
  throw new UsageError(
    `--expose ${spec} is not understood.`,
    'Write the port inside, e.g. 5173, or the port on this machine first: 8080:5173. 0:5173 takes any that is free.',
  );
}

import { type ExposeRequest, exposedPortsMax } from '#contract/exposed-port.ts';
import { UsageError } from '../usage-error.ts';

/** Reads `--expose PORT` and `--expose HOSTPORT:PORT` options. */
export function parseExposed(specs: readonly string[]): ExposeRequest[] {
  if (specs.length > exposedPortsMax) {
    throw new UsageError(`A session can expose ${exposedPortsMax} ports, not ${specs.length}.`);
  }
  return specs.map(parseSpec);
}

function parseSpec(spec: string): ExposeRequest {
  const [, first, second] = /^(\d{1,5})(?::(\d{1,5}))?$/u.exec(spec) ?? [];
  const hostPort = Number(first);
  const port = Number(second ?? first);
  if (first !== undefined && hostPort <= 65_535 && port >= 1 && port <= 65_535) return { hostPort, port };
  throw new UsageError(
    `--expose ${spec} is not understood.`,
    'Write the port inside, e.g. 5173, or the port on this machine first: 8080:5173. 0:5173 takes any that is free.',
  );
}

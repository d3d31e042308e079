import { z } from 'zod';
import { portSchema } from './actions.ts';

/** Ports one session may expose; `EXPOSED_MAX` in portcullis. */
export const exposedPortsMax = 16;

/** A port inside a session that the person reaches on the host's loopback. */
export const exposedPortSchema = z.object({ hostPort: portSchema, port: portSchema });
export type ExposedPort = z.infer<typeof exposedPortSchema>;

/** What `--expose` asks for: `hostPort` 0 is any free one. */
export const exposeRequestSchema = exposedPortSchema.extend({ hostPort: z.int().min(0).max(65535) });
export type ExposeRequest = z.infer<typeof exposeRequestSchema>;

/** Reads `PORT` or `HOSTPORT:PORT`; undefined for anything else. */
export function exposeRequest(text: string): ExposeRequest | undefined {
  const [, first, second] = /^(\d{1,5})(?::(\d{1,5}))?$/u.exec(text) ?? [];
  const hostPort = Number(first);
  const port = Number(second ?? first);
  if (first === undefined || hostPort > 65_535 || port < 1 || port > 65_535) return undefined;
  return { hostPort, port };
}

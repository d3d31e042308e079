import { posix } from 'node:path';

/** Host path of the socket behind which a session's relay connects to one of its ports. Never longer than that of its way out. */
export function exposedSocketPath(runtimeFolder: string, port: number): string {
  return posix.join(runtimeFolder, `${port}.sock`);
}

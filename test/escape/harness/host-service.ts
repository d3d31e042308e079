import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../../helpers/poll.ts';
import type { Walls } from './walls.ts';

/** A stand-in for a service of the host on a Unix socket: only whether it is reached counts, not what it speaks. */
export interface HostService {
  /** A path, or `@name` in the abstract namespace. */
  readonly address: string;
  /** Lines about what reached it: `connected`, `heard TEXT`. */
  heard(): readonly string[];
  close(): Promise<void>;
}

/** Starts a service that listens outside, until it is closed or the walls are. */
export async function openHostService(walls: Walls, kind: 'stream' | 'dgram', address: string): Promise<HostService> {
  if (!address.startsWith('@')) await mkdir(path.dirname(address), { recursive: true });
  const child = spawn(path.join(walls.workspace, 'probe'), ['serve-unix', kind, address], {
    env: {},
    cwd: '/',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = once(child, 'close');
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const close = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  walls.onClose(close);
  await eventually(
    () => {
      if (child.exitCode !== null) throw new Error(`nothing can listen at ${address}: ${said}`);
      return said.startsWith('listening\n');
    },
    { what: `a service to listen at ${address}` },
  );
  return {
    address,
    heard: () => said.split('\n').slice(1, -1),
    close,
  };
}

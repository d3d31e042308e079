import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { isMainThread } from 'node:worker_threads';
import { operatingError } from '#contract/operating-error.ts';
import { guarded } from '../../../core/sandbox/guards.ts';
import type { SessionStreams } from './session-streams.ts';

/** What the holder reports, one line each. */
export type HolderReport =
  | { readonly kind: 'pipes' | 'started' | 'gone' }
  | { readonly kind: 'failed'; readonly step: string; readonly errno: number; readonly text: string }
  | { readonly kind: 'exited' | 'signaled'; readonly value: number };

/** The holder of one session as the supervisor sees it: commands in, reports out. */
export interface Holder {
  readonly pid: number;
  terminate(): void;
  kill(): void;
  pause(): void;
  resume(): void;
  signal(number: number): void;
  streamsOpen(): void;
  /** Resolves when the process is gone and its last report was delivered. */
  readonly closed: Promise<void>;
}

/** A report is at most this long; portcullis cuts at 2,560. */
const reportBytesMax = 8_192;

function parseReport(line: string): HolderReport | undefined {
  const [kind = '', second = '', third = '', ...rest] = line.split(' ');
  if (kind === 'pipes' || kind === 'started' || kind === 'gone') return { kind };
  if (kind === 'failed') return { kind, step: second, errno: Number(third), text: rest.join(' ') };
  if (kind === 'exited' || kind === 'signaled') return { kind, value: Number(second) };
  return undefined;
}

function readReports(socket: Socket, report: (report: HolderReport) => void): Promise<void> {
  let pending = '';
  socket.setEncoding('utf8');
  socket.on('data', (text: string) => {
    const lines = (pending + text).split('\n');
    pending = (lines.pop() ?? '').slice(0, reportBytesMax);
    for (const line of lines) {
      const parsed = parseReport(line);
      if (parsed !== undefined) report(parsed);
    }
  });
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    // The holder is gone; its process's end says the rest.
    socket.on('error', () => socket.destroy());
  });
}

function commandSocket(child: ChildProcess): Socket {
  const socket = child.stdio[3];
  if (socket instanceof Socket) return socket;
  throw new Error('the holder was started without its command socket');
}

/**
 * Starts `portcullis hold` and sends it its configuration. The whole chain gets an empty environment and, because the
 * process leads a session of its own, no controlling terminal. Rejects when the program cannot be executed.
 */
export async function startHolder(
  portcullisPath: string,
  configuration: Uint8Array,
  streams: SessionStreams,
  report: (report: HolderReport) => void,
): Promise<Holder> {
  // The parent-death signal follows the thread that forked: a worker's end would kill its sessions.
  if (!isMainThread) throw new Error('sessions are started from the main thread only');
  const child = spawn(portcullisPath, ['hold', String(process.pid)], {
    stdio: [...streams.inherited, 'pipe'],
    env: guarded('clear-environment') ? {} : process.env,
    cwd: '/',
    detached: guarded('own-terminal'),
  });
  streams.started();
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const pid = await new Promise<number>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        operatingError('sandbox_unavailable', `${portcullisPath} cannot be started.`, { why: cause.message, cause }),
      ),
    );
    if (child.pid !== undefined) resolve(child.pid);
  });
  const socket = commandSocket(child);
  const reported = readReports(socket, report);
  socket.write(configuration);
  const send = (bytes: Uint8Array) => {
    if (socket.writable) socket.write(bytes);
  };
  return {
    pid,
    terminate: () => send(Buffer.from('t')),
    kill: () => send(Buffer.from('k')),
    pause: () => send(Buffer.from('p')),
    resume: () => send(Buffer.from('r')),
    signal: (number) => send(Buffer.from([0x73, number])),
    streamsOpen: () => send(Buffer.from('g')),
    closed: Promise.all([exited, reported]).then(() => undefined),
  };
}

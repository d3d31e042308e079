/**
 * Guarantee: says which process and user opened a Unix socket, as the kernel noted at connect(2), and whether that process
 * stands outside every session: in the supervisor's own namespaces and with no ancestor that the supervisor started.
 *
 * Threat: a process of a session that got hold of the control socket and answers its own questions.
 *
 * Limits: other software of the same user, started by nobody of ours, passes; so does a process that took over the id of
 * one that connected and ended at once.
 */
import { spawn } from 'node:child_process';
import { readFile, readlink, realpath } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { readProcessFacts } from './process-facts.ts';

/** How long the kernel's answer may take; it takes a millisecond. */
const peerMs = 5_000;
/** More generations than any process has. */
const ancestorsMax = 1_000;

/** Who is at the other end. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
}

/** Asks the kernel who connected; undefined when it does not say. */
export function readPeer(portcullisPath: string, socket: Socket): Promise<Peer | undefined> {
  const descriptor = descriptorOf(socket);
  if (descriptor === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const child = spawn(portcullisPath, ['peer'], { stdio: [descriptor, 'pipe', 'ignore'], env: {}, timeout: peerMs });
    let text = '';
    child.stdout?.setEncoding('utf8');
    child.stdout?.on('data', (part: string) => {
      text += part;
    });
    child.once('error', () => resolve(undefined));
    child.once('close', (status) => {
      const found = status === 0 ? /^(\d+) (\d+)\n$/u.exec(text) : null;
      resolve(found === null ? undefined : { pid: Number(found[1]), uid: Number(found[2]) });
    });
  });
}

/** Why this peer is not a process of the same person outside every session; undefined when it is one. */
export async function whyNotOutside(peer: Peer, supervisor: Peer): Promise<string | undefined> {
  if (peer.uid !== supervisor.uid) return 'It belongs to another user.';
  for (const kind of ['user', 'mnt', 'pid', 'net']) {
    const [mine, theirs] = await Promise.all(
      ['self', peer.pid].map((pid) => readlink(`/proc/${pid}/ns/${kind}`).catch(() => undefined)),
    );
    if (mine === undefined || mine !== theirs) return 'It runs inside a sandbox.';
  }
  let pid = peer.pid;
  for (let generation = 0; pid > 1; generation += 1) {
    if (pid === supervisor.pid || generation > ancestorsMax) return 'It was started by a session.';
    const facts = await readProcessFacts(pid);
    if (facts === undefined) return 'It ended.';
    pid = facts.parentPid;
  }
  return undefined;
}

/** Why this peer may not answer for the person; undefined when it may. */
export async function whyNoApprover(peer: Peer, supervisor: Peer): Promise<string | undefined> {
  const why = await whyNotOutside(peer, supervisor);
  if (why !== undefined) return why;
  const facts = await readProcessFacts(peer.pid);
  return facts !== undefined && facts.terminal !== 0 ? undefined : 'It has no terminal, so no person can work it.';
}

/**
 * Why this peer may not answer for the person as the desktop shell; undefined when it may. The shell may have been started by the desktop,
 * without a terminal: it is known by its program, and its pages' processes stand in namespaces of their own.
 */
export async function whyNoWindow(
  peer: Peer,
  supervisor: Peer,
  programs: readonly string[],
): Promise<string | undefined> {
  const why = await whyNotOutside(peer, supervisor);
  if (why !== undefined) return why;
  const [program, ...known] = await Promise.all(
    [`/proc/${peer.pid}/exe`, ...programs].map((path) => realpath(path).catch(() => undefined)),
  );
  if (program === undefined || !known.includes(program)) return 'It is not the program of Gatehouse’s windows.';
  const words = await readFile(`/proc/${peer.pid}/cmdline`, 'utf8').catch(() => '--type=gone');
  return words.split('\0').some((word) => word.startsWith('--type='))
    ? 'It shows a page and is not the shell.'
    : undefined;
}

/**
 * The descriptor of a socket. Node has no public name for it; giving `spawn` the socket itself would make it stop
 * reading for good.
 */
function descriptorOf(socket: Socket): number | undefined {
  const handle: unknown = Reflect.get(socket, '_handle');
  const descriptor: unknown = typeof handle === 'object' && handle !== null ? Reflect.get(handle, 'fd') : undefined;
  return typeof descriptor === 'number' && descriptor >= 0 ? descriptor : undefined;
}

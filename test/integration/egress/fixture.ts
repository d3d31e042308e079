import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Decision } from '#contract/decision.ts';
import type { EgressBounds } from '../../../main/adapters/egress/bounds.ts';
import { startEgress } from '../../../main/adapters/egress/egress.ts';
import { addressClassText, forbiddenForNames } from '../../../main/core/network/address-guard.ts';
import { plainDenial } from '../../../main/core/network/denial.ts';
import type { ConnectionReport, Egress, EgressHost, EgressQuestion } from '../../../main/core/network/egress.ts';
import { eventually } from '../../helpers/poll.ts';

/** The session every test here uses unless it needs a second one. */
export const sessionId = 'a1c9-tiger-lamp';

export type Refusal = Parameters<EgressHost['refused']>[0];

/** The egress worker as shipped, with the test in the supervisor's place. */
export interface EgressFixture {
  readonly egress: Egress;
  readonly folder: string;
  readonly socketPath: string;
  /** Everything asked, in order. */
  readonly questions: EgressQuestion[];
  readonly reports: ConnectionReport[];
  /** What was told of bytes while they flowed. */
  readonly sent: { readonly bytes: number; readonly hosts: readonly string[] }[];
  readonly refusals: Refusal[];
  /** What the worker said on its own account; empty when nothing went wrong inside it. */
  readonly log: string[];
  /** Replaces the decision function. */
  decideWith(decide: EgressHost['decide']): void;
  /** Waits for a report that fits. */
  report(fits: (report: ConnectionReport) => boolean): Promise<ConnectionReport>;
  close(): Promise<void>;
}

export const allowed: Decision = { ...plainDenial('permitted', 'Allowed by the test.'), outcome: 'allow' };

/** Denies as the policy engine does when a gate stands closed. */
export function gateClosed(question: EgressQuestion): Decision {
  const target = `${question.host}:${question.port}`;
  return {
    ...plainDenial('approval_needed', `${target} is not granted to this task.`),
    gates: ['net.new-host'],
    remedy: `net.connect:${target}`,
  };
}

/** Allows everything, but sends names through the real address guard. */
export function guardedDecision(question: EgressQuestion): Decision {
  const isName = question.addresses?.length !== 1 || question.addresses[0] !== question.host;
  const bad = isName ? forbiddenForNames(question.addresses ?? [], []) : undefined;
  if (bad === undefined) return allowed;
  return plainDenial('address_forbidden', `${question.host} leads to ${addressClassText(bad.class)} (${bad.address}).`);
}

export async function startFixture(bounds: Partial<EgressBounds> = {}): Promise<EgressFixture> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'gh-egress-'));
  const socketPath = path.join(folder, 'proxy');
  const questions: EgressQuestion[] = [];
  const reports: ConnectionReport[] = [];
  const sent: { bytes: number; hosts: readonly string[] }[] = [];
  const refusals: Refusal[] = [];
  const log: string[] = [];
  let decide: EgressHost['decide'] = (question) => Promise.resolve(guardedDecision(question));
  const egress = await startEgress({
    workerPath: fileURLToPath(new URL('../../../main/adapters/egress/worker.ts', import.meta.url)),
    log: { info: (line) => log.push(line), warn: (line) => log.push(line) },
    bounds,
    host: {
      decide: (question) => {
        questions.push(question);
        return decide(question);
      },
      closed: (report) => reports.push(report),
      sent: (_, bytes, hosts) => sent.push({ bytes, hosts }),
      refused: (refusal) => {
        refusals.push(refusal);
        return Promise.resolve();
      },
    },
  });
  await egress.openSession(sessionId, socketPath);
  return {
    egress,
    folder,
    socketPath,
    questions,
    reports,
    sent,
    refusals,
    log,
    decideWith: (next) => {
      decide = next;
    },
    report: (fits) => eventually(() => reports.find(fits), { what: 'a report of the connection' }),
    close: async () => {
      await egress.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A client of a session's socket that keeps everything it receives. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything received so far, as Latin-1. */
  text(): string;
  send(bytes: string | Uint8Array): void;
  /** Resolves with everything received, once it includes `part`. */
  until(part: string): Promise<string>;
  /** Resolves with everything received, once the other side has ended or reset. */
  ended(): Promise<string>;
}

export function openClient(socketPath: string): RawClient {
  const socket = connect({ path: socketPath, allowHalfOpen: true });
  const pieces: Buffer[] = [];
  let over = false;
  socket.on('data', (bytes) => pieces.push(bytes));
  socket.on('end', () => {
    over = true;
  });
  socket.on('close', () => {
    over = true;
  });
  socket.on('error', () => undefined);
  const text = (): string => Buffer.concat(pieces).toString('latin1');
  return {
    socket,
    text,
    send: (bytes) => socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes),
    until: (part) =>
      eventually(() => text().includes(part) && text(), { what: `${JSON.stringify(part)} from the proxy` }),
    ended: async () => {
      await eventually(() => over, { what: 'the end of the connection' });
      return text();
    },
  };
}

/** Sends bytes on a fresh connection and returns everything until the proxy ends it. */
export async function converse(socketPath: string, bytes: string | Uint8Array): Promise<string> {
  const client = openClient(socketPath);
  client.send(bytes);
  const answer = await client.ended();
  client.socket.destroy();
  return answer;
}

/** A TCP server on loopback that keeps exactly the bytes of every connection. */
export interface Recorder {
  readonly port: number;
  /** What each connection received, in order of arrival, as Latin-1. */
  received(): string[];
  readonly sockets: Socket[];
  close(): Promise<void>;
}

/** Starts a `Recorder`; `onConnection` may answer. */
export async function startRecorder(onConnection: (socket: Socket) => void = () => undefined): Promise<Recorder> {
  const kept: Buffer[][] = [];
  const sockets: Socket[] = [];
  const server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    const pieces: Buffer[] = [];
    kept.push(pieces);
    sockets.push(socket);
    socket.on('data', (bytes) => pieces.push(bytes));
    socket.on('error', () => undefined);
    onConnection(socket);
  });
  const port = await listen(server);
  return {
    port,
    sockets,
    received: () => kept.map((pieces) => Buffer.concat(pieces).toString('latin1')),
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** Listens on a free loopback port and returns it. */
export async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: string | AddressInfo | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

/** Answers every complete request head with a small response that names the path. */
export function answerHttp(socket: Socket): void {
  let held = '';
  socket.on('data', (bytes: Buffer) => {
    held += bytes.toString('latin1');
    for (let end = held.indexOf('\r\n\r\n'); end !== -1; end = held.indexOf('\r\n\r\n')) {
      const [, target = ''] = held.split(' ');
      held = held.slice(end + 4);
      const body = `served ${target}`;
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\nX-Served: yes\r\n\r\n${body}`);
    }
  });
  socket.on('end', () => socket.end());
}

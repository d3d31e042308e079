/**
 * The egress worker: the entry of a process apart that parses what sandboxes send.
 *
 * Guarantee: nothing leaves through a session's socket before the supervisor allowed it, and nothing once the supervisor or
 * the session is gone. The worker holds no key, no secret and no database; its environment is empty.
 *
 * Threat: hostile bytes at full speed from every sandbox at once. A hole in the parsers must give away no more than the
 * network, and a crash must close every way out, not open one.
 *
 * Limits: the worker runs as the user. A hole in Node's own networking code would be the user's rights.
 */
import { Socket } from 'node:net';
import type { Decision } from '#contract/decision.ts';
import { plainDenial } from '../../core/network/denial.ts';
import type { Exposure, ExposureReport } from '../../core/network/exposure.ts';
import { type EgressBounds, sentEveryMs } from './bounds.ts';
import { type ConnectionCount, EgressSession, type Supervisor } from './egress-session.ts';
import { ExposedPorts } from './exposed-ports.ts';
import { type MessageChannel, openMessageChannel } from './message-channel.ts';
import { type ToSupervisor, type ToWorker, toWorkerSchema } from './messages.ts';
import { serveClient } from './serve-client.ts';

/** Questions and refusals that wait for the supervisor. */
class SupervisorLine implements Supervisor {
  readonly #channel: MessageChannel<ToSupervisor>;
  readonly #decisionMs: number;
  readonly #waiting = new Map<number, { readonly sessionId: string; readonly resolve: (decision: Decision) => void }>();
  #nextId = 1;

  constructor(channel: MessageChannel<ToSupervisor>, decisionMs: number) {
    this.#channel = channel;
    this.#decisionMs = decisionMs;
  }

  decide(question: Parameters<Supervisor['decide']>[0]): Promise<Decision> {
    return this.#ask(question.sessionId, (id) => ({ type: 'decide', id, question }));
  }

  async refused(refusal: Parameters<Supervisor['refused']>[0]): Promise<void> {
    await this.#ask(refusal.sessionId, (id) => ({ type: 'refused', id, refusal }));
  }

  closed(report: Parameters<Supervisor['closed']>[0]): void {
    this.#channel.sendSoon({ type: 'closed', report });
  }

  sent(sessionId: string, bytes: number, hosts: string[]): void {
    this.#channel.sendSoon({ type: 'sent', sessionId, bytes, hosts });
  }

  forget(sessionId: string): void {
    for (const [id, waiting] of this.#waiting) {
      if (waiting.sessionId === sessionId) this.answer(id, plainDenial('session_invalid', 'The session has ended.'));
    }
  }

  /** Takes an answer; one that comes too late, or was never asked for, changes nothing. */
  answer(id: number, decision: Decision): void {
    this.#waiting.get(id)?.resolve(decision);
    this.#waiting.delete(id);
  }

  #ask(sessionId: string, message: (id: number) => ToSupervisor): Promise<Decision> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.answer(id, plainDenial('timeout', `No decision came within ${this.#decisionMs} ms.`));
      }, this.#decisionMs);
      const settle = (decision: Decision): void => {
        clearTimeout(timer);
        resolve(decision);
      };
      this.#waiting.set(id, { sessionId, resolve: settle });
      if (!this.#channel.send(message(id)))
        this.answer(id, plainDenial('limit', 'The request is too long to decide on.'));
    });
  }
}

/** All sessions of the worker. */
class Sessions {
  readonly #sessions = new Map<string, EgressSession>();
  readonly #count: ConnectionCount = { now: 0 };
  readonly #bounds: EgressBounds;
  readonly #line: SupervisorLine;
  readonly #exposed: ExposedPorts;

  constructor(bounds: EgressBounds, line: SupervisorLine) {
    this.#bounds = bounds;
    this.#line = line;
    this.#exposed = new ExposedPorts(line);
  }

  async open(sessionId: string, socketPath: string): Promise<void> {
    if (this.#sessions.has(sessionId)) throw new Error('the session is open already');
    const session = new EgressSession(sessionId, this.#bounds, this.#line, this.#count, serveClient);
    await session.listen(socketPath);
    this.#sessions.set(sessionId, session);
  }

  cut(sessionId: string, grants: readonly string[]): number {
    return this.#sessions.get(sessionId)?.cut(grants) ?? 0;
  }

  /** Tells what was sent since the last time. */
  tellSent(): void {
    for (const { sessionId, sent } of this.#sessions.values()) {
      const now = sent.take();
      if (now !== undefined) this.#line.sent(sessionId, now.bytes, now.hosts);
    }
  }

  async expose(sessionId: string, exposure: Exposure): Promise<void> {
    if (!this.#sessions.has(sessionId)) throw new Error('the session is not open');
    await this.#exposed.open(sessionId, exposure);
  }

  async close(sessionId: string): Promise<ExposureReport[]> {
    const session = this.#sessions.get(sessionId);
    this.#sessions.delete(sessionId);
    const [exposed] = await Promise.all([this.#exposed.close(sessionId), session?.close()]);
    return exposed;
  }
}

function startWorker(): void {
  // Sockets are 0600 from the moment they exist.
  process.umask(0o177);
  // Ctrl-C in the terminal that started the supervisor is the supervisor's to answer.
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  let parts: { line: SupervisorLine; sessions: Sessions } | undefined;
  const channel: MessageChannel<ToSupervisor> = openMessageChannel<ToWorker, ToSupervisor>(
    new Socket({ fd: 3, readable: true, writable: true }),
    toWorkerSchema,
    (message) => {
      if (message.type === 'stop') process.exit(0);
      if (message.type === 'start') {
        const line = new SupervisorLine(channel, message.bounds.decisionMs);
        const sessions = new Sessions(message.bounds, line);
        parts = { line, sessions };
        setInterval(() => sessions.tellSent(), sentEveryMs);
        channel.send({ type: 'ready' });
      } else if (parts !== undefined) {
        take(message, parts, channel);
      }
    },
    // Without the supervisor there is nobody to ask, so there is no way out.
    () => process.exit(1),
  );
}

function take(
  message: Exclude<ToWorker, { type: 'start' | 'stop' }>,
  { line, sessions }: { line: SupervisorLine; sessions: Sessions },
  channel: MessageChannel<ToSupervisor>,
): void {
  if (message.type === 'answer') line.answer(message.id, message.decision);
  else if (message.type === 'recorded') line.answer(message.id, plainDenial('permitted', 'On record.'));
  else {
    const { id, sessionId } = message;
    if (message.type === 'cut') {
      channel.send({ type: 'done', id, count: sessions.cut(sessionId, message.grants) });
      return;
    }
    const answer = async (): Promise<Extract<ToSupervisor, { type: 'done' }>> => {
      if (message.type === 'open') await sessions.open(sessionId, message.socketPath);
      else if (message.type === 'expose') await sessions.expose(sessionId, message.exposure);
      else return { type: 'done', id, exposed: await sessions.close(sessionId) };
      return { type: 'done', id };
    };
    answer().then(
      (done) => channel.send(done),
      (error: unknown) => channel.send({ type: 'done', id, error: error instanceof Error ? error.message : 'failed' }),
    );
  }
}

startWorker();

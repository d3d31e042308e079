import { connect, type Socket } from 'node:net';
import type { DelegationAnswer, DelegationStart } from '#contract/delegation.ts';
import { GatehouseError, operatingError } from '#contract/operating-error.ts';
import { type SessionStream, streamOver } from './stream-client.ts';

/** An answer that is longer is none of the supervisor's. */
const answerBytesMax = 262_144;

/** A session that this one started. */
export interface StartedChild {
  readonly session: string;
  readonly agent: string;
  readonly notices: readonly string[];
  readonly stream: SessionStream;
}

/** Starts a session over the delegation socket of the one we are in. Rejects with what the supervisor says against it. */
export async function startChild(socketPath: string, wanted: DelegationStart): Promise<StartedChild> {
  const socket = await connectDelegation(socketPath);
  socket.write(`${JSON.stringify(wanted)}\n`);
  const answer = await readAnswer(socket);
  if ('refused' in answer) {
    socket.destroy();
    throw new GatehouseError(answer.refused);
  }
  return { ...answer.started, stream: streamOver(socket) };
}

function connectDelegation(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.removeAllListeners('error');
      resolve(socket);
    });
    socket.once('error', (cause) => reject(unreachable(`${cause.message}.`, cause)));
  });
}

async function readAnswer(socket: Socket): Promise<DelegationAnswer> {
  let held: Buffer = Buffer.alloc(0);
  try {
    for (;;) {
      const chunk = await nextChunk(socket);
      if (chunk === undefined) throw unreachable('It closed the connection without an answer.');
      held = Buffer.concat([held, chunk]);
      const end = held.indexOf(10);
      if (end === -1 && held.length <= answerBytesMax) continue;
      if (end === -1) throw unreachable('Its answer is too long.');
      socket.unshift(held.subarray(end + 1));
      // The supervisor is this program's own of the same version: what it says is as its schema says it is.
      return JSON.parse(held.subarray(0, end).toString('utf8')) as DelegationAnswer;
    }
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** The next bytes, with the socket paused again; undefined when it has ended. */
function nextChunk(socket: Socket): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const finish = (chunk?: Buffer) => {
      socket.pause();
      socket.off('data', finish);
      socket.off('close', closed);
      socket.off('end', closed);
      resolve(chunk);
    };
    const closed = () => finish();
    socket.on('error', () => {
      // The close that follows tells.
    });
    socket.on('data', finish);
    socket.once('end', closed);
    socket.once('close', closed);
  });
}

function unreachable(why: string, cause?: unknown): Error {
  return operatingError('supervisor_unreachable', 'The supervisor takes no request for a session from in here.', {
    why,
    remedy: 'It may have been asked too often; the person sees it with `gatehouse log`.',
    cause,
  });
}

import type { Socket } from 'node:net';
import type { z } from 'zod';
import { heldCharactersMax, heldMs, messageBytesMax } from './bounds.ts';

/** One end of the private channel between supervisor and worker. */
export interface MessageChannel<Out> {
  /** Sends a message; false when it is too long to send. After the channel's end nothing is sent. */
  send(message: Out): boolean;
  /**
   * Like `send`, for what nobody waits for: it goes with the next message, or soon, and before it. Every write wakes the
   * other process, which costs a request more than the bytes do.
   */
  sendSoon(message: Out): boolean;
}

/**
 * Speaks lines of JSON over a socket pair: each line bounded, each message parsed by its schema. Node's own IPC would do
 * neither, and it also takes file descriptors from the other side.
 *
 * `onEnd` comes once, with the reason: the other side is gone, or it sent something that is no message.
 */
export function openMessageChannel<In, Out>(
  socket: Socket,
  schema: z.ZodType<In>,
  onMessage: (message: In) => void,
  onEnd: (reason: string) => void,
): MessageChannel<Out> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  let ended = false;
  let held = '';
  let timer: NodeJS.Timeout | undefined;
  const end = (reason: string): void => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    socket.destroy();
    onEnd(reason);
  };
  const takeLine = (line: Buffer): void => {
    let message: In;
    try {
      message = schema.parse(JSON.parse(line.toString('utf8')));
    } catch (error) {
      end(`a malformed message: ${error instanceof Error ? error.message.slice(0, 500) : 'unknown'}`);
      return;
    }
    onMessage(message);
  };
  socket.on('data', (bytes: Buffer) => {
    let rest = bytes;
    for (let at = rest.indexOf(0x0a); at !== -1 && !ended; at = rest.indexOf(0x0a)) {
      const line = pendingBytes === 0 ? rest.subarray(0, at) : Buffer.concat([...pending, rest.subarray(0, at)]);
      pending = [];
      pendingBytes = 0;
      rest = rest.subarray(at + 1);
      if (line.length > messageBytesMax) end('a message is too long');
      else takeLine(line);
    }
    if (rest.length === 0 || ended) return;
    pending.push(rest);
    pendingBytes += rest.length;
    if (pendingBytes > messageBytesMax) end('a message is too long');
  });
  socket.on('end', () => end('the other side closed the channel'));
  socket.on('error', (error) => end(`the channel failed: ${error.message}`));
  socket.on('close', () => end('the channel closed'));
  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const text = held;
    held = '';
    if (text !== '' && !ended) socket.write(text);
  };
  const hold = (message: Out): boolean => {
    const line = `${JSON.stringify(message)}\n`;
    if (Buffer.byteLength(line) > messageBytesMax) return false;
    held += line;
    return true;
  };
  return {
    send: (message) => {
      const fits = hold(message);
      if (fits) flush();
      return fits;
    },
    sendSoon: (message) => {
      const fits = hold(message);
      if (held.length > heldCharactersMax) flush();
      else timer ??= setTimeout(flush, heldMs);
      return fits;
    },
  };
}

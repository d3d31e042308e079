import type { Socket } from 'node:net';

/** The first line of a connection, without its end, and what came after it; no line when it is too long, late, or never ends. */
export function readLine(
  socket: Socket,
  { bytesMax, timeoutMs }: { readonly bytesMax: number; readonly timeoutMs: number },
): Promise<{ readonly line: Buffer | undefined; readonly rest: Buffer }> {
  return new Promise((resolve) => {
    const held: Buffer[] = [];
    let heldBytes = 0;
    const finish = (line: Buffer | undefined, rest: Buffer) => {
      clearTimeout(timer);
      socket.off('data', take);
      socket.off('end', gone);
      socket.off('close', gone);
      socket.pause();
      resolve({ line, rest });
    };
    const gone = () => finish(undefined, Buffer.alloc(0));
    const take = (chunk: Buffer) => {
      const end = chunk.indexOf(10);
      if (heldBytes + (end === -1 ? chunk.length : end) > bytesMax) gone();
      else if (end !== -1) finish(Buffer.concat([...held, chunk.subarray(0, end)]), chunk.subarray(end + 1));
      else {
        held.push(chunk);
        heldBytes += chunk.length;
      }
    };
    const timer = setTimeout(gone, timeoutMs);
    socket.on('data', take);
    socket.once('end', gone);
    socket.once('close', gone);
  });
}

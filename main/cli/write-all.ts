/** Somebody closed our output; there is nobody left to write for. */
export class ClosedOutput extends Error {
  constructor() {
    super('the reader of our output went away');
    this.name = 'ClosedOutput';
  }
}

/** Writes and resolves when the bytes are handed over, which is the back-pressure. Rejects with `ClosedOutput` on EPIPE. */
export function writeAll(output: NodeJS.WritableStream, bytes: Uint8Array | string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(bytes, (error?: Error | null) => {
      if (error === undefined || error === null) resolve();
      else reject(isClosedPipe(error) ? new ClosedOutput() : error);
    });
  });
}

/** Whether an error says that the other end of a pipe or terminal is gone. */
export function isClosedPipe(error: Error): boolean {
  return 'code' in error && (error.code === 'EPIPE' || error.code === 'EIO' || error.code === 'ERR_STREAM_DESTROYED');
}

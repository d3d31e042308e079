import type { Readable } from 'node:stream';

/** Receives output; what it returns is awaited before more is read. */
export type OutputHandler = (stream: 'stdout' | 'stderr', bytes: Uint8Array) => Promise<void> | void;

/** A terminal whose last program is gone answers EIO (pty(7)): its way of saying end of file. */
function isEnd(error: unknown): boolean {
  return error instanceof Error && 'code' in error && (error.code === 'EIO' || error.code === 'ECONNRESET');
}

/**
 * Hands everything a stream delivers to the handler, one piece at a time. Resolves at its end. A handler that fails stops
 * the delivery but not the reading: an agent must not hang because nobody listens any more.
 */
export async function pumpOutput(
  source: Readable,
  name: 'stdout' | 'stderr',
  handler: () => OutputHandler | undefined,
): Promise<unknown> {
  let failure: unknown;
  try {
    for await (const bytes of source) {
      if (failure !== undefined) continue;
      try {
        await handler()?.(name, bytes);
      } catch (error) {
        failure = error ?? new Error('the output handler failed');
      }
    }
  } catch (error) {
    if (!isEnd(error)) failure ??= error;
  }
  return failure;
}

import type { SessionStream } from '../adapters/control/stream-client.ts';
import type { Terminal } from './terminal.ts';

/**
 * Sends our standard input to the agent until it ends or the session does; at most one chunk is under way, so a slow agent slows the
 * writer of our pipe. What reaches it is what `forAgent` leaves (not keys for a question, nor those that leave). Resolves at the end of the input; one that cannot be read (a closed descriptor, a terminal that hung up) counts as ended.
 */
export async function pumpInput(
  terminal: Terminal,
  stream: SessionStream,
  forAgent: (bytes: Uint8Array) => Uint8Array = (bytes) => bytes,
): Promise<void> {
  try {
    for await (const chunk of terminal.stdin) {
      const bytes = forAgent(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
      if (bytes.length > 0) await stream.write(bytes);
    }
  } catch (error) {
    if (terminal.environment['GATEHOUSE_DEBUG'] === '1') terminal.stderr.write(`gatehouse: input: ${String(error)}\n`);
  }
}

/**
 * Puts our terminal into raw mode, so that every key reaches the agent as it was typed, Ctrl-C included. Returns the restorer, which
 * also runs when this process exits in any way but SIGKILL.
 */
export function takeTerminal(terminal: Terminal, undoModes: () => string): () => void {
  const { stdin, stdout } = terminal;
  let taken = true;
  const restore = () => {
    if (!taken) return;
    taken = false;
    stdin.setRawMode?.(false);
    const undo = undoModes();
    if (undo !== '') stdout.write(undo);
    process.off('exit', restore);
  };
  stdin.setRawMode?.(true);
  process.on('exit', restore);
  return restore;
}

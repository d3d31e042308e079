import type { Terminal } from '../terminal.ts';

/** One line as the terminal edits it; undefined at its end (Ctrl-D). */
export async function readLine(terminal: Terminal, prompt: string): Promise<string | undefined> {
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: terminal.stdin, output: terminal.stderr });
  try {
    return await new Promise<string | undefined>((resolve) => {
      lines.once('close', () => resolve(undefined));
      lines.question(prompt).then(resolve, () => resolve(undefined));
    });
  } finally {
    lines.close();
  }
}

import type { ControlClient } from '../../adapters/control/client.ts';
import type { SessionStream } from '../../adapters/control/stream-client.ts';
import type { TerminalModes } from '../../core/sessions/terminal-modes.ts';
import { openControl } from '../connection.ts';
import { errorDataOf } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { TerminalPrompt } from './terminal-prompt.ts';

/** Its own screen, so that what the agent drew is there again afterwards. */
const enter = '\x1b[?1049h\x1b[?25h\x1b[0m';
const leave = '\x1b[?1049l';

/** The questions of one interactive session, on the terminal it runs in. */
export interface TerminalAsking {
  /** Whether keys go to a question now. */
  readonly isOpen: boolean;
  keys(bytes: Uint8Array): void;
  resized(): void;
  /** Awaited before the agent's output is written: resolves when no question is shown. */
  readonly mayWrite: Promise<void>;
  close(): void;
}

/**
 * Makes this terminal the one on which the session's questions are asked. Undefined when it may not be one: then
 * nothing of the session can be asked here, which the supervisor denies by itself.
 */
export async function askInTerminal(
  terminal: Terminal,
  target: { readonly session: string; readonly stream: SessionStream; readonly modes: TerminalModes },
): Promise<TerminalAsking | { readonly why: string }> {
  const control = await openControl(terminal);
  let free = Promise.resolve();
  let release = () => {};
  const rows = () => terminal.stdout.rows ?? 24;
  const columns = () => terminal.stdout.columns ?? 80;
  const prompt = new TerminalPrompt(
    {
      get screen() {
        return { ...terminal.screen, columns: Math.min(columns(), 100) };
      },
      home: terminal.home,
      get rows() {
        return rows();
      },
      nowMs: () => performance.now(),
      write: (text) => terminal.stdout.write(text),
      take: async () => {
        free = new Promise((resolve) => {
          release = resolve;
        });
        terminal.stdout.write(target.modes.undo() + enter);
      },
      giveBack: () => {
        terminal.stdout.write(leave + target.modes.redo());
        release();
        // A full-screen agent draws everything anew when its terminal changes size.
        target.stream.resize({ columns: columns(), rows: Math.max(rows() - 1, 1) });
        target.stream.resize({ columns: columns(), rows: rows() });
      },
    },
    async ({ id, digest }, answer, code) => {
      await control.call('approval.answer', { id, digest, answer, ...(code === '' ? {} : { code }) });
    },
  );
  control.on('approval.asked', ({ approval, code }) => prompt.ask(approval, code));
  control.on('approval.changed', ({ approval }) => prompt.changed(approval));
  void control.closed.then(() => prompt.close());
  try {
    await control.call('approver.open', { session: target.session });
  } catch (error) {
    control.close();
    return { why: errorDataOf(error)?.why ?? String(error) };
  }
  return {
    get isOpen() {
      return prompt.isOpen;
    },
    keys: (bytes) => prompt.keys(bytes),
    resized: () => prompt.resized(),
    get mayWrite() {
      return free;
    },
    close: () => closeAsking(prompt, control),
  };
}

function closeAsking(prompt: TerminalPrompt, control: ControlClient): void {
  prompt.close();
  control.close();
}

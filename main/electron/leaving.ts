import { app, type BrowserWindow, dialog } from 'electron';
import type { Session } from '#contract/session.ts';
import { leavingWords } from './leaving-words.ts';

/** What it needs of the shell. */
export interface LeavingParts {
  readonly sessions: () => readonly Session[];
  /** The number of questions that wait. */
  readonly waiting: () => number;
  readonly window: () => BrowserWindow | undefined;
  /** Ends every session; whether it did. */
  readonly stopAll: () => Promise<boolean>;
}

/** The way out, for a person: says what goes on running. A desktop that logs out or a signal takes the short one, `app.quit()`. */
export class Leaving {
  readonly #parts: LeavingParts;
  #isAsking = false;

  constructor(parts: LeavingParts) {
    this.#parts = parts;
  }

  /** Quits, after saying what goes on. Without anything running there is nothing to say. */
  async quit(): Promise<void> {
    await this.#leave('quitting');
  }

  /** The last window is closed where no tray keeps the app in reach. Resolves with true when it may go on without a window. */
  async close(): Promise<boolean> {
    return this.#leave('closing');
  }

  async #leave(leaving: 'quitting' | 'closing'): Promise<boolean> {
    if (this.#isAsking) return false;
    const sessions = this.#parts.sessions();
    if (sessions.length === 0) {
      app.quit();
      return false;
    }
    this.#isAsking = true;
    try {
      return await this.#ask(sessions, leaving);
    } finally {
      this.#isAsking = false;
    }
  }

  async #ask(sessions: readonly Session[], leaving: 'quitting' | 'closing'): Promise<boolean> {
    const { message, detail, choices } = leavingWords(sessions, this.#parts.waiting(), leaving);
    const options: Electron.MessageBoxOptions = {
      type: 'info',
      title: 'Leaving Gatehouse',
      message,
      detail,
      buttons: choices.map(({ label }) => label),
      defaultId: 0,
      // Escape is none of them: nothing happens.
      cancelId: choices.length,
      noLink: true,
    };
    const window = this.#parts.window();
    const isShown = window !== undefined && !window.isDestroyed() && window.isVisible();
    const { response } = await (isShown ? dialog.showMessageBox(window, options) : dialog.showMessageBox(options));
    const leave = choices[response]?.leave ?? 'stay';
    if (leave === 'quit' || (leave === 'stop-and-quit' && (await this.#parts.stopAll()))) app.quit();
    return leave === 'hide';
  }
}

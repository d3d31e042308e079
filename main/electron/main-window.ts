import type { BrowserWindow } from 'electron';
import { openMainWindow } from './app-windows.ts';
import { tell } from './main-channels.ts';
import { writeWindowState } from './window-state.ts';

/** What it needs of the shell. */
export interface MainWindowParts {
  readonly appFolder: string;
  readonly stateFile: string;
  /** Somebody closes it: whether it goes at once. */
  readonly mayClose: () => boolean;
  /** Where it did not: what to do with it. */
  readonly closing: () => Promise<void>;
}

/** The main window: made when it is wanted, gone when it was closed. */
export class MainWindow {
  readonly #parts: MainWindowParts;
  #window: BrowserWindow | undefined;

  constructor(parts: MainWindowParts) {
    this.#parts = parts;
  }

  get window(): BrowserWindow | undefined {
    return this.#window?.isDestroyed() === false ? this.#window : undefined;
  }

  /** Whether it is on the screen. */
  get isSeen(): boolean {
    return this.window?.isVisible() === true && !this.window.isMinimized();
  }

  /** Brings it up, at a place if one is named. */
  show(place?: string): void {
    const { window } = this;
    if (window === undefined) {
      this.#window = this.#open(place ?? 'now');
      return;
    }
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    if (place !== undefined) tell(window, { type: 'go', place });
  }

  /** Out of sight, as it is. */
  hide(): void {
    this.window?.hide();
  }

  /** Gone, until it is wanted again. Where it was is kept. */
  remove(): void {
    const { window } = this;
    if (window === undefined) return;
    writeWindowState(this.#parts.stateFile, window);
    window.destroy();
  }

  #open(place: string): BrowserWindow {
    const window = openMainWindow(this.#parts.appFolder, this.#parts.stateFile, place);
    window.on('close', (event) => {
      if (this.#parts.mayClose()) return;
      event.preventDefault();
      void this.#parts.closing();
    });
    return window;
  }
}

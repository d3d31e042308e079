import { Menu, nativeImage, Tray } from 'electron';
import type { Link } from '#contract/bridge.ts';

/** What its menu does. */
export interface TrayParts {
  readonly icon: string;
  readonly open: () => void;
  readonly pauseAll: () => void;
  readonly stopAll: () => void;
  readonly quit: () => void;
}

/** What the tray shows. */
interface TrayState {
  readonly running: number;
  readonly waiting: number;
  readonly link: Link['state'];
}

/** The icon that stays when every window is closed: how much runs, what waits, and the way to stop all of it. */
export class TrayIcon {
  readonly #parts: TrayParts;
  #state: TrayState = { running: 0, waiting: 0, link: 'connecting' };
  #tray: Tray | undefined;

  constructor(parts: TrayParts) {
    this.#parts = parts;
  }

  show(): void {
    this.#tray = new Tray(nativeImage.createFromPath(this.#parts.icon));
    this.#tray.on('click', this.#parts.open);
    this.#draw();
  }

  update(change: Partial<TrayState>): void {
    this.#state = { ...this.#state, ...change };
    this.#draw();
  }

  #draw(): void {
    const { running, waiting, link } = this.#state;
    const status = statusText(this.#state);
    this.#tray?.setToolTip(`Gatehouse: ${status}`);
    const acts = link === 'connected' && running > 0;
    this.#tray?.setContextMenu(
      Menu.buildFromTemplate([
        { label: status, enabled: false },
        { type: 'separator' },
        { label: waiting > 0 ? `Open Gatehouse (${waiting} waiting)` : 'Open Gatehouse', click: this.#parts.open },
        { label: 'Pause all sessions', enabled: acts, click: this.#parts.pauseAll },
        { label: 'Stop all sessions now', enabled: acts, click: this.#parts.stopAll },
        { type: 'separator' },
        { label: running > 0 ? `Quit (${plural(running, 'session')} go on)` : 'Quit', click: this.#parts.quit },
      ]),
    );
  }
}

function statusText({ running, waiting, link }: TrayState): string {
  if (link !== 'connected') return 'no supervisor answers';
  const sessions = running === 0 ? 'no session runs' : `${plural(running, 'session')} running`;
  return waiting === 0 ? sessions : `${sessions}, ${waiting} waiting for you`;
}

function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

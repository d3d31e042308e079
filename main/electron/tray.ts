import { Menu, nativeImage, Tray } from 'electron';
import type { TrayHost } from '../adapters/desktop/tray-host.ts';
import { type TrayAct, type TrayState, trayMenu, trayStatus } from './tray-words.ts';
import { withWaitingMark } from './waiting-mark.ts';

/** What it needs of the shell. */
export interface TrayParts {
  readonly icon: string;
  readonly host: TrayHost;
  readonly act: (act: TrayAct) => void;
}

/** The icon that stays when every window is closed: how much runs, what waits, and the way to stop all of it. */
export class TrayIcon {
  readonly #parts: TrayParts;
  #state: TrayState = { running: 0, paused: 0, waiting: 0, link: 'connecting' };
  #tray: Tray | undefined;
  /** It was made where no panel was. */
  #isOrphan = false;

  constructor(parts: TrayParts) {
    this.#parts = parts;
    parts.host.onChange((isThere) => {
      // A panel that came after us: what was made without one is in none. One that came back finds the icon by itself.
      if (isThere && this.#isOrphan) this.show();
    });
  }

  show(): void {
    this.#tray?.destroy();
    this.#isOrphan = !this.#parts.host.isThere;
    this.#tray = new Tray(this.#image());
    this.#tray.on('click', () => this.#parts.act('open'));
    this.#draw();
  }

  update(change: Partial<TrayState>): void {
    const before = this.#state;
    this.#state = { ...before, ...change };
    if (before.waiting > 0 !== this.#state.waiting > 0) this.#tray?.setImage(this.#image());
    // A menu that is open would be drawn anew under the pointer.
    if (JSON.stringify(this.#state) !== JSON.stringify(before)) this.#draw();
  }

  /** Nobody looks into a menu that shows no sign of having news. */
  #image(): Electron.NativeImage {
    const plain = nativeImage.createFromPath(this.#parts.icon);
    const { width, height } = plain.getSize();
    if (this.#state.waiting === 0 || width !== height || width === 0) return plain;
    return nativeImage.createFromBitmap(Buffer.from(withWaitingMark(plain.toBitmap(), width)), { width, height });
  }

  #draw(): void {
    this.#tray?.setToolTip(`Gatehouse: ${trayStatus(this.#state)}`);
    this.#tray?.setContextMenu(
      Menu.buildFromTemplate(
        trayMenu(this.#state).map(({ label, act, enabled }) =>
          label === undefined
            ? { type: 'separator' }
            : { label, enabled, ...(act === undefined ? {} : { click: () => this.#parts.act(act) }) },
        ),
      ),
    );
  }
}

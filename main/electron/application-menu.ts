import { app, Menu } from 'electron';

/** What the menu does beyond what every menu does. */
export interface MenuParts {
  readonly open: () => void;
  readonly quit: () => void;
}

/**
 * The main window's menu, hidden until Alt is pressed. Electron's own would quit without a word, and offer to load pages anew and to look
 * into them, which nobody needs who does not build Gatehouse.
 */
export function setApplicationMenu({ open, quit }: MenuParts): void {
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      {
        label: '&Gatehouse',
        submenu: [
          { label: 'Open', click: open },
          { role: 'close', label: 'Close Window' },
          { type: 'separator' },
          { label: 'Quit', accelerator: 'CommandOrControl+Q', click: quit },
        ],
      },
      { role: 'editMenu' },
      {
        label: '&View',
        submenu: [
          { role: 'resetZoom' },
          { role: 'zoomIn' },
          { role: 'zoomOut' },
          { type: 'separator' },
          { role: 'togglefullscreen' },
          ...(app.isPackaged ? [] : ([{ type: 'separator' }, { role: 'reload' }, { role: 'toggleDevTools' }] as const)),
        ],
      },
    ]),
  );
}

import type { BrowserWindow } from 'electron';

/** A page that is gone is loaded again after this long, in milliseconds; twice as long each time it goes again at once. */
const firstMs = 1_000;
const longestMs = 60_000;
/** A page that lived this long was well, in milliseconds. */
const wellMs = 120_000;

/** Loads the window's page again, at its place, when the process that drew it is gone. */
export function reloadWhenGone(window: BrowserWindow): void {
  let delayMs = firstMs / 2;
  let loadedAtMs = performance.now();
  window.webContents.on('render-process-gone', (_event, { reason }) => {
    if (reason === 'clean-exit') return;
    const nowMs = performance.now();
    delayMs = nowMs - loadedAtMs > wellMs ? firstMs : Math.min(delayMs * 2, longestMs);
    setTimeout(() => {
      loadedAtMs = performance.now();
      if (!window.isDestroyed()) window.webContents.reload();
    }, delayMs);
  });
}

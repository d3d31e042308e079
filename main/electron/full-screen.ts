import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { type BrowserWindow, powerMonitor } from 'electron';

/** By its whole path: a program of this name somewhere else on PATH is not asked. */
const xprop = '/usr/bin/xprop';
/** How long it may take to say what is in front, in milliseconds. */
const askMs = 1_000;
/** Nobody types when nothing was typed for so long, in seconds; and how often that is looked at, in milliseconds. */
const idleSeconds = 2;
const lookMs = 500;

/**
 * Where another window fills the whole screen and has the keys, window managers keep everything else behind it, also what is always on
 * top. There the window takes the keys to be seen, but not before nobody has typed for a while. `isWanted` says whether it still should.
 */
export async function comeOverFullScreen(window: BrowserWindow, isWanted: () => boolean): Promise<void> {
  if (!(await isFullScreenInFront())) return;
  const timer = setInterval(() => {
    const isOver = window.isDestroyed() || !isWanted() || window.isFocused();
    if (!isOver && powerMonitor.getSystemIdleTime() < idleSeconds) return;
    clearInterval(timer);
    if (!isOver) window.focus();
  }, lookMs);
}

/** Whether the window that has the keys fills its screen. False also where nobody can tell, as under Wayland or without `xprop`. */
async function isFullScreenInFront(): Promise<boolean> {
  const id = /# (0x[0-9a-f]+)/u.exec(await property('-root', '_NET_ACTIVE_WINDOW'))?.[1];
  return id !== undefined && (await property('-id', id, '_NET_WM_STATE')).includes('_NET_WM_STATE_FULLSCREEN');
}

async function property(...words: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(xprop, words, { timeout: askMs })).stdout;
  } catch {
    // No such program, no X, or a window that is gone: then nothing is known to be in front.
    return '';
  }
}

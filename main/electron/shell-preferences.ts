import { app, globalShortcut, nativeTheme } from 'electron';
import type { Preferences, PreferencesChange, ShellState } from '#contract/bridge.ts';
import { setStartAtLogin, startsAtLogin } from './autostart.ts';
import { readPreferences, writePreferences } from './preferences.ts';

/** What the person chose for the windows: kept in a file, and in force. */
export class ShellPreferences {
  readonly #file: string;
  readonly #shortcuts: { readonly keys: string; readonly does: string; readonly act: () => void; held: boolean }[] = [];
  #preferences: Preferences;

  constructor(file: string) {
    this.#file = file;
    this.#preferences = readPreferences(file);
  }

  /** Both windows follow: they are drawn by what Chromium says the system prefers. */
  apply(): void {
    nativeTheme.themeSource = this.#preferences.appearance;
  }

  /** Takes keys from the whole desktop, and remembers whether it gave them. */
  shortcut(keys: string, does: string, act: () => void): void {
    this.#shortcuts.push({ keys, does: `${does}${reach()}`, act, held: globalShortcut.register(keys, act) });
  }

  state(): ShellState {
    return {
      preferences: this.#preferences,
      startAtLogin: startsAtLogin(),
      version: app.getVersion(),
      electron: process.versions['electron'] ?? '',
      chromium: process.versions['chrome'] ?? '',
      shortcuts: this.#shortcuts.map((each) => {
        // Whoever kept them may have gone since.
        each.held ||= globalShortcut.register(each.keys, each.act);
        const { keys, does, held } = each;
        return { keys, does, held };
      }),
    };
  }

  change({ startAtLogin, appearance, welcomed }: PreferencesChange): ShellState {
    if (startAtLogin !== undefined) setStartAtLogin(startAtLogin);
    const preferences = {
      appearance: appearance ?? this.#preferences.appearance,
      welcomed: welcomed ?? this.#preferences.welcomed,
    };
    writePreferences(this.#file, preferences);
    this.#preferences = preferences;
    this.apply();
    return this.state();
  }
}

/** Under Wayland a program gets the whole desktop's keys only through X, and so only while a program of X has the keyboard. */
function reach(): string {
  const isWayland = process.env['XDG_SESSION_TYPE'] === 'wayland' || process.env['WAYLAND_DISPLAY'] !== undefined;
  return isWayland ? '; under Wayland only while a program that uses X has the keyboard' : '';
}

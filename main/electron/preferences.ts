import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { type Preferences, preferencesSchema } from '#contract/bridge.ts';

const unset: Preferences = { appearance: 'system', welcomed: false };

/** What the person chose for the windows, as it was kept last. */
export function readPreferences(file: string): Preferences {
  try {
    const parsed = preferencesSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : unset;
  } catch {
    // None yet, or a file that cannot be read: nothing was chosen.
    return unset;
  }
}

/** Keeps it. Throws when the file cannot be written, since the person was told that it is kept. */
export function writePreferences(file: string, preferences: Preferences): void {
  writeFileSync(`${file}.new`, `${JSON.stringify(preferences)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

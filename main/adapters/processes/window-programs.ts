import { join } from 'node:path';

/** The Electron that is taken out of a package where the vendor's releases cannot be reached (`.ci/electron.mjs`). */
const fallbackVersion = '33.2.1';

/** Where the desktop shell's program may lie, seen from the folder of the bundles: installed, or run from source. */
export function windowPrograms(folder: string): readonly string[] {
  return [installedWindowProgram(folder), ...sourceWindowPrograms(folder)];
}

/** Installed it is Gatehouse's own program, two folders up: `resources/dist` lies below it. */
export function installedWindowProgram(folder: string): string {
  return join(folder, '..', '..', 'gatehouse');
}

/** From source any Electron shows the app's folder. */
export function sourceWindowPrograms(folder: string): readonly string[] {
  return [
    join(folder, '..', 'node_modules', 'electron', 'dist', 'electron'),
    join(folder, '..', '.cache', 'electron', fallbackVersion, 'electron'),
  ];
}

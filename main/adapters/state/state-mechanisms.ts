import { accessSync, constants, existsSync, lstatSync, statfsSync } from 'node:fs';
import { homedir } from 'node:os';
import type { Mechanism } from '#contract/doctor.ts';

/** Below this the record may soon stop. */
const roomBytesWanted = 512 * 1024 * 1024;
/** Below this a start writes nothing any more: one checkpoint of the database's log alone may need as much. */
const roomBytesMin = 1024 * 1024;

/** Whether Gatehouse's own folder is there, can be written, and nobody else can look in. */
export function stateMechanism(folder: string): Mechanism {
  const about = { id: 'state', title: 'State folder' };
  const shown = shortened(folder);
  if (!existsSync(folder)) return { ...about, state: 'ok', detail: `${shown} is made at the first start.` };
  const found = lstatSync(folder);
  const remedy = 'Make it a folder of your own that you can write, or set GATEHOUSE_HOME to another one.';
  if (!found.isDirectory() || found.uid !== process.getuid?.()) {
    const detail = `${shown} is no folder of your own, so nothing can be kept there.`;
    return { ...about, state: 'missing', detail, remedy };
  }
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    const readOnly = error instanceof Error && 'code' in error && error.code === 'EROFS';
    const detail = `${shown} cannot be written${readOnly ? ': its file system is read-only' : ''}.`;
    return { ...about, state: 'missing', detail, remedy };
  }
  if ((found.mode & 0o077) === 0) return { ...about, state: 'ok', detail: `${shown}, yours alone.` };
  return {
    ...about,
    state: 'limited',
    detail: `Other users can look into ${shown}, where the record lies.`,
    remedy: `\`chmod 700 ${shown}\`; the next start of the supervisor does it too.`,
  };
}

/** Room on the file system that holds the record. */
export function diskSpaceMechanism(folder: string): Mechanism {
  const about = { id: 'disk-space', title: 'Room for the record' };
  let at = folder;
  while (!existsSync(at) && at !== '/') at = at.slice(0, at.lastIndexOf('/')) || '/';
  const { bavail, bsize, ffree, files } = statfsSync(at);
  const bytes = bavail * bsize;
  const detail = `${megabytes(bytes)} are free where ${shortened(folder)} is.`;
  const remedy =
    'Free some space there; recording goes on by itself. `gatehouse log retention set --max-size 2G` bounds what is kept.';
  const outOfFiles = files > 0 && ffree === 0;
  if (outOfFiles || bytes < roomBytesMin) {
    return { ...about, state: 'missing', detail: outOfFiles ? 'No more files can be made there.' : detail, remedy };
  }
  return bytes < roomBytesWanted ? { ...about, state: 'limited', detail, remedy } : { ...about, state: 'ok', detail };
}

function megabytes(bytes: number): string {
  const mega = bytes / 1e6;
  return mega >= 10_000 ? `${Math.round(mega / 1000)} GB` : `${Math.round(mega)} MB`;
}

function shortened(path: string): string {
  const home = homedir();
  return path === home || path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

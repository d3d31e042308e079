import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { linkStart, placeFromLink } from '#contract/place.ts';
import { prepareFolders, type StatePaths, statePaths } from '../../adapters/control/paths.ts';
import { installedWindowProgram, sourceWindowPrograms } from '../../adapters/processes/window-programs.ts';
import { exitStatus } from '../failure.ts';
import { resourcesFolder } from '../program-files.ts';
import { notice, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** An app that cannot start ends within this; one that is still there afterwards shows its window. */
const earlyEndMs = 2_000;

/** Opens the desktop app, or brings it to the front, and leaves it to the desktop. */
export async function openApp(terminal: Terminal, place: string | undefined): Promise<number> {
  const link = place === undefined ? [] : [linkOf(place)];
  const { environment } = terminal;
  const command = findApp(dirname(resourcesFolder));
  if (!hasDisplay(environment)) {
    throw operatingError('invalid_request', 'There is no display to show windows on.', {
      why: 'Neither DISPLAY nor WAYLAND_DISPLAY is set.',
      remedy: 'Start it from a desktop, or use `gatehouse watch` in this terminal.',
    });
  }
  const isRoot = process.getuid?.() === 0;
  if (isRoot) {
    notice(
      terminal,
      'as root the windows run without Chromium’s own sandbox. Open them as an ordinary user where you can.',
    );
  }
  const onWayland = environment['DISPLAY'] === undefined ? ['--ozone-platform=wayland'] : [];
  const words = [...command, ...(isRoot ? ['--no-sandbox'] : []), ...onWayland, ...link];
  await startDetached(words, environment, statePaths(environment));
  return exitStatus.ok;
}

function linkOf(place: string): string {
  const link = place.startsWith(linkStart) ? place : `${linkStart}${place}`;
  if (placeFromLink(link) !== undefined) return link;
  throw new UsageError(
    `${place} is no place of the app.`,
    'Places are now, agents, timeline, policies and settings; `timeline/123` is an entry of the log.',
  );
}

function hasDisplay(environment: Terminal['environment']): boolean {
  return ['DISPLAY', 'WAYLAND_DISPLAY'].some((name) => (environment[name] ?? '') !== '');
}

/** Installed: its own program. From source: an Electron, and the folder to show. */
function findApp(dist: string): readonly string[] {
  const installed = installedWindowProgram(dist);
  if (existsSync(join(dist, '..', 'app.asar')) && existsSync(installed)) return [installed];
  const app = join(dist, 'app');
  const electron = sourceWindowPrograms(dist).find((program) => existsSync(program));
  if (electron !== undefined && existsSync(app)) return [electron, app];
  throw operatingError('command_not_found', 'The desktop app is not here.', {
    why: electron === undefined ? 'There is no Electron to show its windows.' : `There is no ${app}.`,
    remedy:
      'From source: `node .ci/electron.mjs` fetches Electron, `npm start` does that and opens it. `gatehouse watch` needs none.',
  });
}

/** Starts it apart from this terminal, and waits until it stands or has ended. What it says goes to a file of its own. */
async function startDetached(
  [program = '', ...args]: readonly string[],
  environment: Terminal['environment'],
  paths: StatePaths,
): Promise<void> {
  prepareFolders(paths);
  const logFile = join(paths.state, 'windows.log');
  const log = openSync(logFile, 'w', 0o600);
  const child = spawn(program, args, {
    detached: true,
    stdio: ['ignore', log, log],
    cwd: '/',
    env: { ...environment },
  });
  closeSync(log);
  const failed = await new Promise<string | undefined>((resolve) => {
    const timer = setTimeout(() => resolve(undefined), earlyEndMs);
    const settle = (why: string | undefined) => {
      clearTimeout(timer);
      resolve(why);
    };
    child.once('error', (error) => settle(`${error.message}.`));
    // One that runs already shows its window and sends the second one home with 0.
    child.once('exit', (status, signal) =>
      settle(status === 0 ? undefined : `It ended with ${signal ?? `status ${status}`}.`),
    );
  });
  child.unref();
  if (failed === undefined) return;
  throw operatingError('command_not_found', 'The desktop app did not start.', {
    why: failed,
    remedy: `What it said is in ${logFile}. \`gatehouse watch\` needs no display.`,
  });
}

import { existsSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join } from 'node:path';
import type { Mechanism } from '#contract/doctor.ts';
import {
  findOnPath,
  type InstalledShim,
  isExecutable,
  readShims,
  withoutShimFolders,
} from '../adapters/shims/shim-folder.ts';
import { shimMarker } from '../core/shims/shim-script.ts';
import { findAgents } from './find-agents.ts';
import { starterPath } from './program-files.ts';
import { homePath } from './render/home-path.ts';
import type { Terminal } from './terminal.ts';

/**
 * What becomes of a command that has a shim, when it is typed here: `active`; `shadowed` by a program that the PATH names first;
 * `off-path`, since its folder is not on this PATH; `aimless`, since no such program is there; `broken`, since Gatehouse was moved.
 */
export interface ShimState {
  readonly command: string;
  readonly state: 'active' | 'shadowed' | 'off-path' | 'aimless' | 'broken';
  readonly shim: string;
  /** The program it stands before; of a shadowed one, the program that is started instead. */
  readonly program?: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** Where shims are looked for: the folder of this Gatehouse, and those that the PATH names. */
function shimFolders(path: string, own: string): string[] {
  const named = path.split(delimiter).filter((folder) => isAbsolute(folder) && existsSync(join(folder, shimMarker)));
  return [...new Set([own, ...named])];
}

/** The state of every shim, as this terminal would find it. */
export async function shimStates(terminal: Terminal, own: string): Promise<ShimState[]> {
  const path = terminal.environment['PATH'] ?? '';
  const folders = shimFolders(path, own);
  const shims = (await Promise.all(folders.map(readShims))).flat();
  return shims.map((shim) => stateOf(shim, path));
}

function stateOf(shim: InstalledShim, path: string): ShimState {
  const { command, path: place, node, program } = shim;
  const real = findOnPath(command, withoutShimFolders(path));
  const about = { command, shim: place };
  if (!isExecutable(node) || !existsSync(program)) {
    const gone = isExecutable(node) ? program : node;
    return {
      ...about,
      state: 'broken',
      remedy: `${gone} is gone: run \`gatehouse setup\` again from where Gatehouse is now.`,
    };
  }
  if (real === undefined) {
    return { ...about, state: 'aimless', remedy: `Install ${command}, or take its shim away: rm ${place}` };
  }
  const folders = path.split(delimiter);
  const at = folders.indexOf(dirname(place));
  if (at === -1) {
    return {
      ...about,
      state: 'off-path',
      program: real,
      remedy: 'Open a new terminal; for what the desktop starts, log in anew.',
    };
  }
  const before = findOnPath(command, folders.slice(0, at).join(delimiter));
  if (before !== undefined) {
    return {
      ...about,
      state: 'shadowed',
      program: before,
      remedy: `Something puts ${dirname(before)} before the shims: let the lines of setup come after it in that start-up file.`,
    };
  }
  return { ...about, state: 'active', program: real };
}

/** What `gatehouse doctor` says of the shims: they are a convenience, so nothing is missing without them. */
export async function shimMechanism(terminal: Terminal, own: string): Promise<Mechanism> {
  const about = { id: 'shims', title: 'Shims of agents' };
  const states = await shimStates(terminal, own);
  const agents = await findAgents(terminal.environment['PATH'] ?? '');
  const bare = agents.filter(({ command }) => states.every((each) => each.command !== command));
  const bareWords = bare.length === 0 ? '' : ` Without one: ${bare.map(({ command }) => command).join(', ')}.`;
  if (states.length === 0) {
    const detail = 'An agent that is typed by its name runs without walls; only `gatehouse run` gives it some.';
    return { ...about, state: 'unused', detail, remedy: '`gatehouse setup` puts shims on the PATH.' };
  }
  const wrong = states.filter(({ state }) => state !== 'active');
  const active = states.filter(({ state }) => state === 'active').map(({ command }) => command);
  const said = active.length === 0 ? '' : `Typed by name they run inside walls: ${active.join(', ')}.`;
  if (wrong.length === 0 && bare.length === 0) return { ...about, state: 'ok', detail: said };
  const faults = wrong.map((each) => shimWords(each, terminal.home));
  const remedies = [...new Set(wrong.flatMap(({ remedy }) => remedy ?? []))];
  return {
    ...about,
    state: wrong.length === 0 ? 'ok' : 'limited',
    detail: `${[said, ...faults].filter((text) => text !== '').join(' ')}${bareWords}`,
    remedy: remedies[0] ?? '`gatehouse setup` gives the others one too.',
  };
}

/** One shim in a sentence. */
export function shimWords({ command, state, program, shim }: ShimState, home: string): string {
  const place = program === undefined ? '' : homePath(program, home);
  switch (state) {
    case 'active':
      return `${command} runs inside walls: ${place}.`;
    case 'shadowed':
      return `${command} runs without walls: the PATH names ${place} first.`;
    case 'off-path':
      return `${command} runs without walls here: the shims are not on this PATH.`;
    case 'aimless':
      return `${command} has a shim, and no such program is on the PATH.`;
    case 'broken':
      return `${command} does not start: its shim ${homePath(shim, home)} names a Gatehouse that is gone.`;
  }
}

/** What shims of this Gatehouse start: its Node and its program, where they are now. */
export function ownProgram(): { readonly node: string; readonly program: string } {
  return { node: process.execPath, program: starterPath };
}

import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { loadPresets } from '../adapters/agents/load-data.ts';
import { resourcesFolder } from './program-files.ts';

/** An agent that is installed on this machine and that Gatehouse has a preset for. */
export interface FoundAgent {
  readonly title: string;
  /** What to type. */
  readonly command: string;
  readonly path: string;
}

/** Looks for the commands of all presets on the PATH. */
export async function findAgents(path: string): Promise<FoundAgent[]> {
  const presets = await loadPresets(join(resourcesFolder, 'agents'));
  return presets.flatMap(({ title, commands }) => {
    for (const command of commands.names) {
      const found = findOnPath(command, path);
      if (found !== undefined) return [{ title, command, path: found }];
    }
    return [];
  });
}

/** The first executable of that name. Relative entries of the PATH are passed over: they name whatever folder one is in. */
export function findOnPath(command: string, path: string): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, command))
    .find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    // Not there, or not for us: both mean to look on.
    return false;
  }
}

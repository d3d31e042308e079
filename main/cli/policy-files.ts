import { basename, dirname, join, resolve } from 'node:path';
import { loadPresets } from '../adapters/agents/load-data.ts';
import {
  readPolicyFolder,
  readPolicyGround,
  readPolicyText,
  readRepositoryPolicy,
  repositoryPolicy,
  type ShippedGround,
} from '../adapters/agents/read-policies.ts';
import { ownFolders, type StatePaths, statePaths } from '../adapters/control/paths.ts';
import type { LayerName, PolicyFile, PolicyLayer } from '../core/policy/policy-layer.ts';
import { resourcesFolder } from './program-files.ts';
import type { Terminal } from './terminal.ts';

const builtIn = join(resourcesFolder, 'policies');
const builtInPresets = join(resourcesFolder, 'agents');

/** What rules are judged against: the schema and the path sets that ship, with Gatehouse's own folders. */
export function loadGround(terminal: Terminal): Promise<ShippedGround> {
  return readPolicyGround(builtIn, ownFolders(statePaths(terminal.environment)), loadPresets(builtInPresets));
}

/**
 * The named files in their layers, or without names all that are in force in this folder: built-in, the person's own, the
 * repository's.
 */
export async function loadLayers(terminal: Terminal, names: readonly string[]): Promise<PolicyLayer[]> {
  const paths = statePaths(terminal.environment);
  if (names.length === 0) return inForce(terminal, paths);
  const layers = new Map<LayerName, PolicyFile[]>();
  for (const file of names.map((name) => resolve(terminal.cwd, name))) {
    const layer = layerOf(file, paths);
    layers.set(layer, [...(layers.get(layer) ?? []), { name: basename(file), text: await readPolicyText(file) }]);
  }
  return [...layers].map(([name, files]) => ({ name, files }));
}

async function inForce(terminal: Terminal, paths: StatePaths): Promise<PolicyLayer[]> {
  const repository = await readRepositoryPolicy(terminal.cwd);
  const layers: PolicyLayer[] = [
    { name: 'base', files: await readPolicyFolder(builtIn) },
    { name: 'user', files: await readPolicyFolder(ownFolder(paths)) },
    {
      name: 'repository',
      files: repository === undefined ? [] : [{ name: basename(repositoryPolicy), text: repository }],
    },
  ];
  return layers.filter(({ files }) => files.length > 0);
}

/** A file is judged by where it lies; one from anywhere else as the person's own. */
function layerOf(file: string, paths: StatePaths): LayerName {
  if (dirname(file) === builtIn) return 'base';
  if (dirname(file) === ownFolder(paths)) return 'user';
  return file.endsWith(`/${repositoryPolicy}`) ? 'repository' : 'user';
}

function ownFolder(paths: StatePaths): string {
  return join(paths.config, 'policies');
}

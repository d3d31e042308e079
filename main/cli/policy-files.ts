import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { readSmallText } from '../adapters/agents/read-bounded.ts';
import { type StatePaths, statePaths } from '../adapters/control/paths.ts';
import { parsePathSets } from '../core/policy/path-sets.ts';
import type { LayerName, PolicyLayer } from '../core/policy/policy-layer.ts';
import type { PolicyGround } from '../core/policy/policy-set.ts';
import { policyFileCharsMax } from '../core/policy/rule.ts';
import { resourcesFolder } from './program-files.ts';
import type { Terminal } from './terminal.ts';

const builtIn = join(resourcesFolder, 'policies');
/** Where a repository keeps its own rules. */
const repositoryFile = join('.gatehouse', 'policy.cedar');

/** What rules are judged against: the schema and the path sets that ship, with Gatehouse's own folders. */
export async function loadGround(terminal: Terminal): Promise<PolicyGround> {
  const { config, state, runtime, home } = statePaths(terminal.environment);
  return {
    schema: await readText(join(builtIn, 'schema.cedarschema')),
    pathSets: parsePathSets(await readText(join(builtIn, 'paths.json')), {
      gatehouse: [...new Set([config, state, runtime, home])],
    }),
  };
}

/**
 * The named files in their layers, or without names all that are in force in this folder: built-in, the person's own, the
 * repository's.
 */
export async function loadLayers(terminal: Terminal, names: readonly string[]): Promise<PolicyLayer[]> {
  const paths = statePaths(terminal.environment);
  const files = names.length > 0 ? names.map((name) => resolve(terminal.cwd, name)) : await inForce(terminal, paths);
  const layers = new Map<LayerName, { name: string; text: string }[]>();
  for (const file of files) {
    const layer = layerOf(file, paths);
    layers.set(layer, [...(layers.get(layer) ?? []), { name: basename(file), text: await readText(file) }]);
  }
  return [...layers].map(([name, content]) => ({ name, files: content }));
}

async function inForce(terminal: Terminal, paths: StatePaths): Promise<string[]> {
  const own = join(paths.config, 'policies');
  const repository = join(terminal.cwd, repositoryFile);
  return [...(await cedarFiles(builtIn)), ...(await cedarFiles(own)), ...(existsSync(repository) ? [repository] : [])];
}

/** A file is judged by where it lies; one from anywhere else as the person's own. */
function layerOf(file: string, paths: StatePaths): LayerName {
  if (dirname(file) === builtIn) return 'base';
  if (dirname(file) === join(paths.config, 'policies')) return 'user';
  return file.endsWith(`/${repositoryFile}`) ? 'repository' : 'user';
}

async function cedarFiles(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    // No rules of one's own is the ordinary case.
    if (error.code === 'ENOENT') return [];
    throw unreadable(folder, error);
  });
  return names
    .filter((name) => name.endsWith('.cedar'))
    .sort()
    .map((name) => join(folder, name));
}

async function readText(file: string): Promise<string> {
  const text = await readSmallText(file, policyFileCharsMax);
  if (text === undefined) throw unreadable(file, new Error('it is missing, not an ordinary file, or too long'));
  return text;
}

function unreadable(file: string, cause: Error) {
  return operatingError('policy_invalid', `${file} cannot be read.`, { why: `${cause.message}.`, cause });
}

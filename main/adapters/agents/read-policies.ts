/**
 * Guarantee: policies come whole, from ordinary files, in a fixed order; whatever cannot be read is an error, never a rule less.
 *
 * Threat: a repository whose policy is a link, so that it pins something it does not hold; a FIFO or an endless file that makes the
 * reader hang; a folder of a thousand files.
 *
 * Limits: what the rules say is judged in `core/policy`.
 */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';
import { addPresetFiles, parseInstructionFiles, parsePathReasons } from '../../core/policy/path-reasons.ts';
import { parsePathSets } from '../../core/policy/path-sets.ts';
import type { PolicyFile } from '../../core/policy/policy-layer.ts';
import type { PolicyGround } from '../../core/policy/policy-set.ts';
import { policyFileCharsMax } from '../../core/policy/rule.ts';
import { readSmallText } from './read-bounded.ts';

const filesMax = 100;

/** Where a repository's own policy lies, below its workspace; it can only restrict (GRT-6). */
export const repositoryPolicy = '.gatehouse/policy.cedar';

/** What ships beside the rules: their schema, the path sets with their reasons, and which of their files are instructions. */
export interface ShippedGround extends Required<PolicyGround> {
  /** Files of a workspace that agents take for instructions, relative to it. */
  readonly instructionFiles: readonly string[];
}

/**
 * Reads what rules are judged against, from the folder that ships; `own` are Gatehouse's own folders. What the presets' agents execute
 * or trust is protected with the rest.
 */
export async function readPolicyGround(
  shipped: string,
  own: readonly string[],
  presets: readonly Preset[] | Promise<readonly Preset[]>,
): Promise<ShippedGround> {
  const [schema, sets, known] = await Promise.all([
    readPolicyText(join(shipped, 'schema.cedarschema')),
    readPolicyText(join(shipped, 'paths.json')),
    presets,
  ]);
  const pathSets = parsePathSets(sets, { gatehouse: [...new Set(own)] });
  const reasons = parsePathReasons(sets);
  return { schema, ...addPresetFiles({ pathSets, reasons }, known), instructionFiles: parseInstructionFiles(sets) };
}

/** Reads every `*.cedar` file of a folder, by name; a folder that does not exist holds none. */
export async function readPolicyFolder(folder: string): Promise<PolicyFile[]> {
  const names = await readdir(folder).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return [];
    throw unreadable(folder, cause);
  });
  const files = names.filter((name) => name.endsWith('.cedar')).sort();
  if (files.length > filesMax) throw unreadable(folder, new Error(`it holds more than ${filesMax} policy files`));
  return Promise.all(files.map(async (name) => ({ name, text: await readPolicyText(join(folder, name)) })));
}

/** Reads a repository's own policy; undefined when it has none. A folder or file that is a link is refused. */
export async function readRepositoryPolicy(workspace: string): Promise<string | undefined> {
  for (const part of ['.gatehouse', repositoryPolicy]) {
    const found = await lstat(join(workspace, part)).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
      throw unreadable(join(workspace, part), cause);
    });
    if (found === undefined) return undefined;
    if (found.isSymbolicLink()) throw unreadable(join(workspace, part), new Error('it is a symbolic link'));
  }
  return readPolicyText(join(workspace, repositoryPolicy));
}

/** Reads one policy file. Rejects with `policy_invalid`. */
export async function readPolicyText(path: string): Promise<string> {
  const text = await readSmallText(path, policyFileCharsMax);
  if (text === undefined) throw unreadable(path, new Error('it is missing, not an ordinary file, or too long'));
  return text;
}

function unreadable(path: string, cause: Error) {
  return operatingError('policy_invalid', `The policy ${path} cannot be read.`, {
    why: `${cause.message}.`,
    remedy: 'Policies that cannot be read might forbid something, so nothing starts without them.',
    cause,
  });
}

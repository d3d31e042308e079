import { readdir } from 'node:fs/promises';
import { posix } from 'node:path';
import type { z } from 'zod';
import { genericPresetId } from '#contract/generic-preset.ts';
import { operatingError } from '#contract/operating-error.ts';
import { type Preset, presetSchema } from '#contract/preset.ts';
import { type Toolchain, toolchainSchema } from '#contract/toolchain.ts';
import { readSmallText } from './read-bounded.ts';

/** Bounds on what ships with the product; a larger folder is a broken installation. */
const filesMax = 200;
const fileBytesMax = 256 * 1024;

/** Loads every preset of a folder, sorted by id. Rejects with `preset_invalid` naming the file and the field. */
export async function loadPresets(folder: string): Promise<readonly Preset[]> {
  const presets = await loadFolder(folder, presetSchema);
  if (presets.some((preset) => preset.id === genericPresetId)) return presets;
  throw invalid(posix.join(folder, `${genericPresetId}.json`), 'it is missing, and every other command needs it');
}

/** Loads every toolchain of a folder, sorted by id. Rejects with `preset_invalid` naming the file and the field. */
export function loadToolchains(folder: string): Promise<readonly Toolchain[]> {
  return loadFolder(folder, toolchainSchema);
}

async function loadFolder<T extends { id: string }>(folder: string, schema: z.ZodType<T>): Promise<readonly T[]> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw invalid(folder, 'the folder cannot be read', cause);
  });
  const files = names.filter((name) => name.endsWith('.json')).sort();
  if (files.length > filesMax) throw invalid(folder, `it holds more than ${filesMax} files`);
  return Promise.all(files.map((name) => loadFile(posix.join(folder, name), schema)));
}

async function loadFile<T extends { id: string }>(file: string, schema: z.ZodType<T>): Promise<T> {
  const text = await readSmallText(file, fileBytesMax);
  if (text === undefined) throw invalid(file, `it cannot be read, or is longer than ${fileBytesMax} bytes`);
  const parsed = parseAgainst(schema, parseJson(text, file), file);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(file, `field ${issue?.path.map(String).join('.') || '(top)'}: ${issue?.message ?? 'does not fit'}`);
  }
  const name = posix.basename(file, '.json');
  if (parsed.data.id !== name) throw invalid(file, `field id: is ${parsed.data.id}, but the file is named ${name}`);
  return parsed.data;
}

/** Schemas go down by recursion, and a file of a few thousand brackets is deeper than the stack. */
function parseAgainst<T>(schema: z.ZodType<T>, value: unknown, file: string): z.ZodSafeParseResult<T> {
  try {
    return schema.safeParse(value);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw invalid(file, 'it is nested too deep', cause);
  }
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(file, 'it is not JSON', cause);
  }
}

function invalid(file: string, why: string, cause?: unknown): Error {
  return operatingError('preset_invalid', `The data file ${file} cannot be used.`, {
    why: `${why[0]?.toUpperCase() ?? ''}${why.slice(1)}.`,
    remedy: 'Correct that field, or install Gatehouse again to restore its own files.',
    cause,
  });
}

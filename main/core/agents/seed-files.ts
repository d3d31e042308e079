import type { Preset } from '#contract/preset.ts';

export interface SeedQuestion {
  readonly preset: Pick<Preset, 'seedFiles'>;
  readonly workspace: string;
  /** What the person let in with `--env`. */
  readonly passed: Readonly<Record<string, string>>;
}

export interface SeedFile {
  /** Relative to the home. */
  readonly path: string;
  readonly content: string;
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** The files a preset writes into a new private home, merged and filled in. */
export function buildSeedFiles({ preset, workspace, passed }: SeedQuestion): SeedFile[] {
  const merged = new Map<string, Json>();
  const texts = new Map<string, string>();
  for (const seed of preset.seedFiles) {
    if (seed.whenVariable !== undefined && passed[seed.whenVariable] === undefined) continue;
    const path = seed.path.slice('~/'.length);
    if ('lines' in seed) texts.set(path, `${texts.get(path) ?? ''}${seed.lines.join('\n')}\n`);
    else merged.set(path, mergeJson(merged.get(path), fill(seed.json, workspace, passed)));
  }
  return [
    ...[...merged].map(([path, json]) => ({ path, content: `${JSON.stringify(json, null, 2)}\n` })),
    ...[...texts].map(([path, content]) => ({ path, content })),
  ];
}

/** Claude Code remembers an accepted key by its end; longer tails would store more of it than it does itself. */
const tailCharacters = 20;

function fill(json: Json, workspace: string, passed: Readonly<Record<string, string>>): Json {
  const fillText = (text: string) =>
    text
      .replaceAll('{workspace}', () => workspace)
      .replaceAll(/\{tail:([A-Za-z_][A-Za-z0-9_]*)\}/gu, (_, name: string) =>
        (passed[name] ?? '').slice(-tailCharacters),
      );
  if (typeof json === 'string') return fillText(json);
  if (Array.isArray(json)) return json.map((item) => fill(item, workspace, passed));
  if (json === null || typeof json !== 'object') return json;
  return Object.fromEntries(
    Object.entries(json).map(([name, item]) => [fillText(name), fill(item, workspace, passed)]),
  );
}

function mergeJson(first: Json | undefined, second: Json): Json {
  if (first === undefined || !isObject(first) || !isObject(second)) return second;
  const merged = { ...first };
  for (const [name, value] of Object.entries(second)) merged[name] = mergeJson(first[name], value);
  return merged;
}

function isObject(json: Json): json is { [name: string]: Json } {
  return json !== null && typeof json === 'object' && !Array.isArray(json);
}

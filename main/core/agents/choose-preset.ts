import { posix } from 'node:path';
import { genericPresetId } from '#contract/generic-preset.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';

export interface PresetQuestion {
  readonly presets: readonly Preset[];
  /** What `--agent` said: a preset's id, or a name for an agent of the person's own. */
  readonly requested: string | undefined;
  /** The first word of the command line. */
  readonly command: string;
  /** The package the executable came with, when known. */
  readonly package: { readonly ecosystem: string; readonly name: string } | undefined;
}

/**
 * The preset of a command: the one asked for, else the one whose package it came with, else the one whose executable it
 * is named like, else the generic one. A name alone is a hint, never authority beyond the preset's own model hosts.
 */
export function choosePreset({ presets, requested, command, package: from }: PresetQuestion): Preset {
  const name = posix.basename(command);
  const chosen =
    presets.find((preset) => preset.id === requested) ??
    presets.find((preset) => from !== undefined && packagesOf(preset, from.ecosystem).includes(from.name)) ??
    presets.find((preset) => preset.commands.names.includes(name)) ??
    presets.find((preset) => preset.id === genericPresetId);
  if (chosen !== undefined) return chosen;
  throw operatingError('preset_invalid', 'There is no generic preset.', {
    remedy: 'Install Gatehouse again to restore its own files.',
  });
}

function packagesOf({ commands }: Preset, ecosystem: string): readonly string[] {
  if (ecosystem === 'npm') return commands.npmPackages;
  if (ecosystem === 'pypi') return commands.pythonPackages;
  return ecosystem === 'deb' ? commands.debianPackages : [];
}

/** The grants a preset brings: its model hosts over TLS. */
export function presetGrants(preset: Preset): string[] {
  return preset.modelHosts.map((host) => `net.connect:${host}:443`);
}

/** What an agent calls a host for that it works without, or nothing: such a call is denied without asking anybody. */
export function noiseOf(preset: Preset, host: string): Preset['noiseHosts'][number]['purpose'] | undefined {
  return preset.noiseHosts.find((noise) => noise.host === host)?.purpose;
}

/**
 * Whether anybody ran this agent inside our walls, for every place that shows a preset; nothing for the generic one,
 * which claims nothing. `version` is the installed one, when known.
 */
export function verifiedLabel(preset: Preset, version?: string): string | undefined {
  if (preset.id === genericPresetId) return undefined;
  if (preset.verified === null) return 'unverified';
  const { version: tried, date } = preset.verified;
  const other = version === undefined || version === '' || version === tried ? '' : `, this is ${version}`;
  return `tried with ${tried} on ${date}${other}`;
}

/** What a person should know when a session starts with a preset that nobody tried. */
export function presetNotices(preset: Preset): string[] {
  if (preset.verified !== null || preset.id === genericPresetId) return [];
  return [
    `What Gatehouse knows of ${preset.title} is unverified: taken from its documentation, not from seeing it work inside these walls. They stand all the same.`,
  ];
}

import { posix } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { genericPresetId, type Preset } from '#contract/preset.ts';

export interface PresetQuestion {
  readonly presets: readonly Preset[];
  /** What `--agent` said: a preset's id, or a name for an agent of the person's own. */
  readonly requested: string | undefined;
  /** The first word of the command line. */
  readonly command: string;
  /** The npm package the executable came with, when known. */
  readonly npmPackage: string | undefined;
}

/**
 * The preset of a command: the one asked for, else the one whose package it came with, else the one whose executable it
 * is named like, else the generic one. A name alone is a hint, never authority beyond the preset's own model hosts.
 */
export function choosePreset({ presets, requested, command, npmPackage }: PresetQuestion): Preset {
  const name = posix.basename(command);
  const chosen =
    presets.find((preset) => preset.id === requested) ??
    presets.find((preset) => npmPackage !== undefined && preset.commands.npmPackages.includes(npmPackage)) ??
    presets.find((preset) => preset.commands.names.includes(name)) ??
    presets.find((preset) => preset.id === genericPresetId);
  if (chosen !== undefined) return chosen;
  throw operatingError('preset_invalid', 'There is no generic preset.', {
    remedy: 'Install Gatehouse again to restore its own files.',
  });
}

/** The grants a preset brings: its model hosts over TLS. */
export function presetGrants(preset: Preset): string[] {
  return preset.modelHosts.map((host) => `net.connect:${host}:443`);
}

import { join } from 'node:path';
import { loadPresets } from '../adapters/agents/load-data.ts';
import { findOnPath, withoutShimFolders } from '../adapters/shims/shim-folder.ts';
import { verifiedLabel } from '../core/agents/choose-preset.ts';
import { resourcesFolder } from './program-files.ts';
import { homePath } from './render/home-path.ts';
import { padEnd } from './render/width.ts';
import type { Terminal } from './terminal.ts';

/** An agent that is installed on this machine and that Gatehouse has a preset for. */
export interface FoundAgent {
  /** Of its preset. */
  readonly id: string;
  readonly title: string;
  /** What to type. */
  readonly command: string;
  readonly path: string;
  /** Whether anybody ran it inside these walls: `tried with … on …`, or `unverified`. */
  readonly label: string;
}

/** Looks for the commands of all presets on the PATH, behind their shims. */
export async function findAgents(searched: string): Promise<FoundAgent[]> {
  const path = withoutShimFolders(searched);
  const presets = await loadPresets(join(resourcesFolder, 'agents'));
  return presets.flatMap((preset) => {
    for (const command of preset.commands.names) {
      const found = findOnPath(command, path);
      if (found === undefined) continue;
      return [{ id: preset.id, title: preset.title, command, path: found, label: verifiedLabel(preset) ?? '' }];
    }
    return [];
  });
}

/** For each agent: what it is, where it is, and whether its preset was tried. In a narrow terminal on two lines. */
export function agentLines({ screen, home }: Terminal, agents: readonly FoundAgent[]): string {
  const places = agents.map(({ path }) => homePath(path, home));
  const titleCells = Math.max(0, ...agents.map(({ title }) => title.length));
  const placeCells = Math.max(0, ...places.map((place) => place.length));
  const labelCells = Math.max(0, ...agents.map(({ label }) => label.length));
  const isWide = titleCells + placeCells + labelCells + 6 <= screen.columns;
  const lines = agents.map(({ title, label }, index) => {
    const place = places[index] ?? '';
    const shown = screen.paint(label === 'unverified' ? 'warn' : 'dim', label);
    return isWide
      ? `  ${padEnd(title, titleCells)}  ${padEnd(place, placeCells)}  ${shown}\n`
      : `  ${padEnd(title, titleCells)}  ${shown}\n    ${place}\n`;
  });
  return lines.join('');
}

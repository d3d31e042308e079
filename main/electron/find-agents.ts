import { dirname, join } from 'node:path';
import type { FoundAgent } from '#contract/bridge.ts';
import { loadPresets } from '../adapters/agents/load-data.ts';
import { findOnPath, withoutShimFolders } from '../adapters/shims/shim-folder.ts';
import { verifiedLabel } from '../core/agents/choose-preset.ts';
import type { Programs } from './programs.ts';

/** Agents on the PATH that this shell was started with, behind their shims: what a start from the window would find. */
export async function findAgents({ commandLine }: Programs): Promise<readonly FoundAgent[]> {
  const path = withoutShimFolders(process.env['PATH'] ?? '');
  const presets = await loadPresets(join(dirname(commandLine), 'resources', 'agents'));
  return presets.flatMap((preset) => {
    for (const command of preset.commands.names) {
      const found = findOnPath(command, path);
      if (found === undefined) continue;
      return [{ id: preset.id, title: preset.title, command, path: found, label: verifiedLabel(preset) ?? '' }];
    }
    return [];
  });
}

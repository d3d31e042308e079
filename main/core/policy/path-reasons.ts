import { type PathGroup, pathSetsSchema } from '#contract/path-sets.ts';
import type { Preset } from '#contract/preset.ts';
import { addToPathSets, expandPath, isWithin, type PathSets } from './path-sets.ts';

/** Why a path is in a path set, by its expression (`$WORKSPACE/.husky`), in words that fit after "because". */
export type PathReasons = ReadonlyMap<string, string>;

/** The reasons that `resources/policies/paths.json` gives. `parsePathSets` has said already what is wrong with the file. */
export function parsePathReasons(text: string): PathReasons {
  return new Map(
    Object.values(pathSetsSchema.parse(JSON.parse(text)))
      .flat()
      .flatMap((member) => (typeof member === 'string' ? [] : reasonsOf(member))),
  );
}

function reasonsOf({ paths, reason }: PathGroup): [string, string][] {
  return paths.map((path) => [path, reason]);
}

/** Files of a workspace that any agent takes for instructions, relative to it. */
export function parseInstructionFiles(text: string): readonly string[] {
  return Object.values(pathSetsSchema.parse(JSON.parse(text)))
    .flat()
    .flatMap((member) => (typeof member === 'string' || member.instructions !== true ? [] : member.paths))
    .flatMap((path) => (path.startsWith(inWorkspace) ? [path.slice(inWorkspace.length)] : []));
}

const inWorkspace = '$WORKSPACE/';

/**
 * Adds what presets say that their agents execute or trust in a workspace, for every session: one agent could write another's
 * settings. What is protected already, or left to the agents on purpose (`@unprotected`), stays as it is.
 */
export function addPresetFiles(
  { pathSets, reasons }: { readonly pathSets: PathSets; readonly reasons: PathReasons },
  presets: readonly Pick<Preset, 'title' | 'workspaceFiles'>[],
): { readonly pathSets: PathSets; readonly reasons: PathReasons } {
  const settled = [...(pathSets.get('protected') ?? []), ...(pathSets.get('unprotected') ?? [])];
  const more = new Map<string, string>();
  for (const { title, workspaceFiles } of presets) {
    for (const path of workspaceFiles.map((file) => inWorkspace + file)) {
      if (settled.some((member) => isWithin(path, member)) || more.has(path)) continue;
      more.set(path, `${title} executes or trusts it`);
    }
  }
  return {
    pathSets: addToPathSets(pathSets, { protected: [...more.keys()] }),
    reasons: new Map([...reasons, ...more]),
  };
}

/** The members of a path set that cover a path, each with its reason. */
export function reasonsFor(
  path: string,
  members: readonly string[],
  reasons: PathReasons,
  place: { readonly workspace: string; readonly home: string },
): { readonly member: string; readonly reason: string }[] {
  return members.flatMap((member) => {
    const reason = reasons.get(member);
    return reason !== undefined && isWithin(path, expandPath(member, place)) ? [{ member, reason }] : [];
  });
}

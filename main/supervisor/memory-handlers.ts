import { operatingError } from '#contract/operating-error.ts';
import { findWorkspace } from '../adapters/agents/workspace.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import type { Approvers } from './approvers.ts';
import type { ControlHandlers } from './control-server.ts';
import type { MemoryPins } from './memory-pins.ts';
import { type Caller, stateFolders } from './session-plan.ts';

/** What the methods about pinned instructions speak for. */
export interface MemoryHandlerParts {
  readonly memory: MemoryPins;
  readonly approvers: Approvers;
  readonly paths: StatePaths;
  readonly caller: Caller;
}

type MemoryMethod = Extract<keyof ControlHandlers, `memory.${string}`>;

/** The methods about pinned instructions and memories. What widens is taken from an approver's connection alone. */
export function memoryHandlers({
  memory,
  approvers,
  paths,
  caller,
}: MemoryHandlerParts): Pick<ControlHandlers, MemoryMethod> {
  const find = async (cwd: string, workspace: string | undefined): Promise<string> => {
    const place = { cwd, workspace, home: caller.home, stateFolders: stateFolders(paths), uid: caller.uid };
    return (await findWorkspace(place)).path;
  };
  return {
    'memory.list': async ({ agent, cwd, workspace }) => ({
      pins: await memory.list({ agent, ...(cwd === undefined ? {} : { workspace: await find(cwd, workspace) }) }),
    }),
    'memory.examine': async ({ agent, cwd, workspace }) => {
      if (cwd === undefined) throw operatingError('invalid_request', 'Instructions are pinned for one workspace.');
      const question = await memory.examine(agent, await find(cwd, workspace));
      return question === undefined ? {} : { question };
    },
    'memory.texts': ({ digest, index }) => memory.textsOf(digest, index),
    'memory.code': ({ digest }, call) => ({ code: memory.questions.codeFor(approvers.of(call), digest) }),
    'memory.accept': async ({ digest, code }, call) => {
      const { agent, workspace, files } = await memory.accept(memory.questions.take(approvers.of(call), digest, code));
      return { agent, workspace, files: files.length };
    },
  };
}

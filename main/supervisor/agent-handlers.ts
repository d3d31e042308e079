import type { AgentQuestion, Attestation } from '#contract/agent.ts';
import type { Params } from '#contract/api.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';
import { type CommandAttestation, resolveCommand } from '../adapters/agents/resolve-command.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { withoutShimFolders } from '../adapters/shims/shim-folder.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { choosePreset } from '../core/agents/choose-preset.ts';
import { changesBetween } from '../core/agents/identity.ts';
import { reviewState } from './agent-review.ts';
import type { Agents, Candidate } from './agents.ts';
import type { Approvers } from './approvers.ts';
import type { ControlHandlers } from './control-server.ts';
import type { Homes } from './homes.ts';
import type { Caller } from './session-plan.ts';

/** What the methods about agents speak for. */
export interface AgentHandlerParts {
  readonly agents: Agents;
  readonly homes: Homes;
  readonly state: Pick<StateDatabase, 'reviewedAt'>;
  readonly approvers: Approvers;
  readonly presets: readonly Preset[];
  readonly paths: StatePaths;
  readonly caller: Caller;
}

type AgentMethod = Extract<keyof ControlHandlers, `agent.${string}`>;

/** The methods about agents. What widens authority is taken from an approver's connection alone. */
export function agentHandlers(parts: AgentHandlerParts): Pick<ControlHandlers, AgentMethod> {
  const { agents, approvers } = parts;
  return {
    'agent.list': () => ({ agents: agents.list(), review: reviewState(parts) }),
    'agent.show': ({ name }) => ({ agent: agents.show(name) }),
    'agent.examine': async (asked) => {
      const question = agents.ask(await findCandidate(asked, parts));
      return question.kind === 'changed' && question.changes.length === 0 ? {} : { question };
    },
    'agent.code': ({ digest }, call) => ({ code: agents.questions.codeFor(approvers.of(call), digest) }),
    'agent.accept': async ({ digest, code }, call) => {
      const { agent, added } = await agents.accept(agents.questions.take(approvers.of(call), digest, code));
      return { agent: agents.show(agent.name), added };
    },
    'agent.suspend': async ({ name }) => {
      const { sessions } = await agents.suspend(name);
      return { agent: agents.show(name), sessions: [...sessions] };
    },
    'agent.resume': async ({ name }, call) => {
      approvers.of(call);
      await agents.resume(name);
      return { agent: agents.show(name) };
    },
    'agent.rotate': async ({ name }, call) => {
      approvers.of(call);
      await agents.rotate(name);
      return { agent: agents.show(name) };
    },
    'agent.retire': async ({ name }) => {
      const { sessions, rules, keyLeft } = await agents.retire(name);
      await parts.homes.reset(name, { homes: false, login: true, why: 'it was retired' });
      const left = keyLeft === undefined ? {} : { keyLeft };
      return { agent: agents.show(name), sessions: [...sessions], rules, ...left };
    },
  };
}

/** An attestation as it is bound to an agent and shown: without what only the next check needs. */
export function boundAttestation({ executable, interpreters, package: found }: CommandAttestation): Attestation {
  return {
    path: executable.path,
    sha256: executable.sha256,
    interpreters: interpreters.map(({ path, sha256 }) => ({ path, sha256 })),
    ...(found === undefined ? {} : { package: { ...found } }),
  };
}

interface FoundCommand {
  readonly typed: string;
  readonly attestation: Attestation;
}

async function findCandidate(asked: Params<'agent.examine'>, parts: AgentHandlerParts): Promise<Candidate> {
  const { name, purpose, owner } = asked;
  const { typed, attestation } = await findCommand(asked, parts);
  const preset = choosePreset({
    presets: parts.presets,
    requested: name,
    command: typed,
    package: attestation.package,
  });
  return { name, preset, attestation, purpose, owner };
}

/**
 * The command that was named. Without one, for an agent that is there: the accepted one, if it changed, else the one whose start was
 * refused last; for one that is not: a command of the preset of that name, else the one that was refused.
 */
async function findCommand(asked: Params<'agent.examine'>, parts: AgentHandlerParts): Promise<FoundCommand> {
  const { name, command } = asked;
  if (command !== undefined) return resolve(command, asked, parts);
  const known = parts.agents.find(name);
  if (known === undefined || known.state === 'retired') {
    const names = name === genericPresetId ? [] : (parts.presets.find(({ id }) => id === name)?.commands.names ?? []);
    return firstOf([...names, ...refusedOf(name, 'unknown', parts)], asked, parts);
  }
  const accepted = await firstOf([known.attestation.path], asked, parts).catch(() => undefined);
  if (accepted !== undefined && changesBetween(known.attestation, accepted.attestation).length > 0) return accepted;
  return firstOf([...refusedOf(name, 'changed', parts), known.attestation.path], asked, parts);
}

function refusedOf(name: string, kind: AgentQuestion['kind'], { agents }: AgentHandlerParts): string[] {
  const question = agents.questions.newestOf(name, kind);
  return question === undefined ? [] : [question.attestation.path];
}

/** The first command that is there. */
async function firstOf(
  commands: readonly string[],
  asked: Params<'agent.examine'>,
  parts: AgentHandlerParts,
): Promise<FoundCommand> {
  let failure: unknown = operatingError('invalid_request', `Gatehouse knows no command of ${asked.name}.`, {
    remedy: 'Name it with --command.',
  });
  for (const typed of commands) {
    try {
      return await resolve(typed, asked, parts);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

/** What a session would be shown besides is nothing to an attestation: no toolchains, and no workspace of anybody's. */
async function resolve(
  typed: string,
  { cwd, path }: Params<'agent.examine'>,
  { caller, paths }: AgentHandlerParts,
): Promise<FoundCommand> {
  const place = { cwd, path: withoutShimFolders(path), home: caller.home, workspace: paths.sessions, toolchains: [] };
  const { attestation } = await resolveCommand({ command: typed, ...place });
  return { typed, attestation: boundAttestation(attestation) };
}

import type { AgentQuestion, Attestation } from '#contract/agent.ts';
import type { Params } from '#contract/api.ts';
import { operatingError } from '#contract/operating-error.ts';
import { genericPresetId, type Preset } from '#contract/preset.ts';
import { type CommandAttestation, resolveCommand } from '../adapters/agents/resolve-command.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { choosePreset } from '../core/agents/choose-preset.ts';
import type { Agents, Candidate } from './agents.ts';
import type { Approvers } from './approvers.ts';
import type { ControlHandlers } from './control-server.ts';
import type { Caller } from './session-plan.ts';

/** What the methods about agents speak for. */
export interface AgentHandlerParts {
  readonly agents: Agents;
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
    'agent.list': () => ({ agents: agents.list() }),
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

async function findCandidate(asked: Params<'agent.examine'>, parts: AgentHandlerParts): Promise<Candidate> {
  const { name, purpose, owner } = asked;
  const known = parts.agents.find(name);
  const refused = parts.agents.questions.newestOf(
    name,
    known === undefined || known.state === 'retired' ? 'unknown' : 'changed',
  );
  const command = await findCommand(asked, parts, refused);
  const preset = choosePreset({
    presets: parts.presets,
    requested: name,
    command: command.typed,
    package: command.attestation.package,
  });
  return { name, preset, attestation: boundAttestation(command.attestation), purpose, owner };
}

/** The command that was named; else the one whose start was refused; else the accepted one; else one of the preset's. */
async function findCommand(
  { name, command, cwd, path }: Params<'agent.examine'>,
  { agents, presets, caller, paths }: AgentHandlerParts,
  refused: AgentQuestion | undefined,
): Promise<{ readonly typed: string; readonly attestation: CommandAttestation }> {
  const ofPreset = name === genericPresetId ? [] : (presets.find(({ id }) => id === name)?.commands.names ?? []);
  const before = refused?.attestation.path ?? agents.find(name)?.attestation.path;
  const tried = command !== undefined ? [command] : before !== undefined ? [before] : ofPreset;
  let failure: unknown = operatingError('invalid_request', `Gatehouse knows no command of ${name}.`, {
    remedy: 'Name it with --command.',
  });
  for (const typed of tried) {
    try {
      // What a session would be shown besides is nothing to an attestation: no toolchains, and no workspace of anybody's.
      const question = { command: typed, cwd, path, home: caller.home, workspace: paths.sessions, toolchains: [] };
      return { typed, attestation: (await resolveCommand(question)).attestation };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

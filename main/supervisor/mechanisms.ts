import type { ListedAgent } from '#contract/agent.ts';
import type { Mechanism } from '#contract/doctor.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import type { Preset } from '#contract/preset.ts';
import type { ReviewState } from '#contract/review.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import type { OpenedAuditLog } from '../adapters/sqlite/audit-log.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { diskSpaceMechanism, stateMechanism } from '../adapters/state/state-mechanisms.ts';
import type { AuditReader } from '../core/audit/log.ts';
import type { PolicySet } from '../core/policy/policy-set.ts';
import type { Sandbox } from '../core/sandbox/sandbox.ts';
import { reviewState } from './agent-review.ts';
import type { Agents } from './agents.ts';
import { systemClock } from './clock.ts';
import { keystoreMechanisms } from './keystore-mechanisms.ts';
import { auditLogMechanism, clockMechanism, witnessMechanism } from './record-mechanisms.ts';
import { limitsDefault } from './session-plan.ts';
import type { Signing, SigningState } from './signing.ts';

/** What is looked at. */
export interface MechanismParts {
  readonly paths: StatePaths;
  readonly startedAt: string;
  readonly sandbox: Sandbox;
  readonly egressPid: () => number | undefined;
  readonly signing: Signing;
  readonly audit: OpenedAuditLog;
  readonly reader: AuditReader;
  readonly state: StateDatabase;
  readonly policies: { readonly common: PolicySet };
  readonly presets: readonly Preset[];
  readonly agents: Pick<Agents, 'list'>;
}

/** Every mechanism Gatehouse stands on, as this supervisor finds it now. */
export async function checkMechanisms(parts: MechanismParts): Promise<Mechanism[]> {
  const { paths } = parts;
  const signing = await parts.signing.state;
  return [
    ...(await parts.sandbox.probe()),
    egressMechanism(parts.egressPid()),
    limitsMechanism(),
    policiesMechanism(parts.policies.common),
    identitiesMechanism(parts.agents.list(), signing, reviewState(parts)),
    presetsMechanism(parts.presets),
    await clockMechanism(systemClock, parts.reader),
    await auditLogMechanism(paths, parts.audit, parts.reader),
    diskSpaceMechanism(paths.state),
    ...keystoreMechanisms(signing),
    witnessMechanism(signing),
    {
      id: 'supervisor',
      title: 'Supervisor',
      state: 'ok',
      detail: `It runs as process ${process.pid} since ${parts.startedAt}.`,
    },
    stateMechanism(paths.state),
    { id: 'node', title: 'Node', state: 'ok', detail: `Version ${process.versions.node}.` },
    { id: 'sqlite', title: 'SQLite', state: 'ok', detail: `Version ${parts.state.sqliteVersion()}.` },
  ];
}

function egressMechanism(pid: number | undefined): Mechanism {
  const about = { id: 'egress-worker', title: 'Egress worker' };
  if (pid !== undefined) return { ...about, state: 'ok', detail: `It runs as process ${pid}.` };
  return {
    ...about,
    state: 'missing',
    detail: 'The process that carries connections does not run, so no session starts.',
    remedy: '`gatehouse supervisor stop`, then start again; the supervisor’s log says why it ended.',
  };
}

function limitsMechanism(): Mechanism {
  return {
    id: 'default-limits',
    title: 'Limits when nobody sets others',
    state: 'ok',
    detail: `${limitsDefault.processes} processes and ${limitsDefault.openFiles} open files a session; \`run --limit\` sets others.`,
  };
}

function policiesMechanism({ layers, rules, digest }: PolicySet): Mechanism {
  const files = layers.map(({ name, files }) => `${files.length} of ${name === 'user' ? 'yours' : 'Gatehouse’s'}`);
  return {
    id: 'policies',
    title: 'Policies',
    state: 'ok',
    detail: `${rules.size} rules (files: ${files.join(', ')}) are valid and their examples hold. Digest ${digest.slice(0, 12)}.`,
  };
}

function identitiesMechanism(agents: readonly ListedAgent[], signing: SigningState, review: ReviewState): Mechanism {
  const about = { id: 'identities', title: 'Identities of agents' };
  const kept = agents.filter(({ state }) => state !== 'retired');
  if (signing.key === undefined) {
    const others = kept.length === 0 ? '' : ` The ${kept.length} that have one do not start.`;
    const detail = `Agents run without a key of their own: ${signing.why}${others}`;
    return { ...about, state: 'limited', detail, remedy: signing.remedy };
  }
  const flagged = kept
    .filter(({ flags }) => flags.length > 0)
    .map(({ name, flags }) => `${name} is ${flags.join(' and ')}`);
  const flags = flagged.length === 0 ? '' : ` To look at: ${flagged.join(', ')}.`;
  const said = review.due ? `${flags} Nobody looked through them for 90 days.` : flags;
  const remedy = review.due ? { remedy: '`gatehouse agents review` shows who may do what.' } : {};
  const where = signing.kind === 'keychain' ? 'your keychain' : 'an encrypted file';
  return {
    ...about,
    state: 'ok',
    detail: `${kept.length} ${kept.length === 1 ? 'agent' : 'agents'}, each with a key of its own in ${where}.${said}`,
    ...remedy,
  };
}

function presetsMechanism(presets: readonly Preset[]): Mechanism {
  const agents = presets.filter(({ id }) => id !== genericPresetId);
  const unverified = agents.filter(({ verified }) => verified === null).map(({ title }) => title);
  const said = unverified.length === 0 ? '' : `; unverified: ${unverified.join(', ')}`;
  return {
    id: 'presets',
    title: 'Known agents',
    state: 'ok',
    detail: `${agents.length}, of which ${agents.length - unverified.length} were tried inside these walls${said}. Any other command runs as a generic one.`,
  };
}

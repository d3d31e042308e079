import type { AgentQuestion, ListedAgent } from '#contract/agent.ts';
import { operatingError } from '#contract/operating-error.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import type { ControlClient } from '../../adapters/control/client.ts';
import { withControl } from '../connection.ts';
import { agentFactLines, attestationLines, fact } from '../prompt/agent-text.ts';
import { askAboutAgent, openForProposals } from '../prompt/ask-about-agent.ts';
import type { Tone } from '../render/screen.ts';
import { type Cell, renderTable } from '../render/table.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';
import { homeLines, loginLines } from './homes.ts';
import { reviewReminder } from './review.ts';

interface Format {
  readonly json?: boolean;
}

/** Lists the agents, or with `all` retired ones too. */
export async function listAgents(terminal: Terminal, options: Format & { all?: boolean }): Promise<number> {
  const { agents, review } = await withControl(terminal, (control) => control.call('agent.list', {}));
  const shown = options.all === true ? agents : agents.filter(({ state }) => state !== 'retired');
  if (options.json === true) for (const agent of shown) printJson(terminal, agent);
  else if (shown.length === 0) notice(terminal, 'there are no agents yet; the first `gatehouse run` of one asks.');
  else terminal.stdout.write(agentTable(terminal, shown));
  const reminder = reviewReminder(review, terminal.nowMs());
  if (options.json !== true && reminder !== undefined) notice(terminal, reminder);
  return 0;
}

/** Shows one agent with everything that is bound to it. */
export async function showAgent(terminal: Terminal, name: string, options: Format): Promise<number> {
  const { agent, homes, login } = await withControl(terminal, async (control) => ({
    ...(await control.call('agent.show', { name })),
    ...(await control.call('home.list', { agent: name })),
  }));
  if (options.json === true) printJson(terminal, { ...agent, homes, login });
  else {
    const keeps = [...loginLines(login), ...homeLines(terminal, homes)].flatMap((text) =>
      fact('Keeps', text, terminal.screen),
    );
    terminal.stdout.write(`${[...agentLines(terminal, agent), ...keeps].join('\n')}\n`);
  }
  return 0;
}

/** Brings in an agent: the command line names it, so nothing more is asked. */
export async function addAgent(
  terminal: Terminal,
  name: string,
  options: Format & { command?: string; purpose: string; owner?: string },
): Promise<number> {
  const { command, purpose, owner } = options;
  const added = await withControl(terminal, async (control) => {
    await openForProposals(control);
    const question = await examine(terminal, control, {
      name,
      purpose,
      ...(command !== undefined && { command }),
      ...(owner !== undefined && { owner }),
    });
    if (question?.kind !== 'unknown') {
      throw operatingError('invalid_request', `There is an agent ${name} already.`, {
        remedy: `\`gatehouse agents show ${name}\` shows it; \`gatehouse agents accept ${name}\` accepts another program.`,
      });
    }
    if (options.json !== true) {
      terminal.stdout.write(`${agentFactLines(question, terminal.screen, terminal.home).join('\n')}\n\n`);
    }
    const { digest } = question;
    return control.call('agent.accept', { digest, ...(await control.call('agent.code', { digest })) });
  });
  tell(terminal, added.agent, options, `has a key of its own: ${added.agent.words}`);
  return 0;
}

/** Shows what changed of an agent and takes the typed answer. */
export async function acceptAgent(
  terminal: Terminal,
  name: string,
  options: Format & { command?: string },
): Promise<number> {
  if (terminal.stdin.isTTY !== true || terminal.stdout.isTTY !== true) {
    throw operatingError('approval_refused', 'What changed is shown to a person, who types the answer.', {
      remedy: 'Run it in a terminal, without a pipe.',
    });
  }
  return withControl(terminal, async (control) => {
    // An agent that is not there is brought in, with a purpose, and not accepted.
    await control.call('agent.show', { name });
    await openForProposals(control);
    const { command } = options;
    const question = await examine(terminal, control, { name, ...(command !== undefined && { command }) });
    if (question === undefined) {
      notice(terminal, `${name} is as it was accepted.`);
      return 0;
    }
    const accepted = await askAboutAgent(terminal, control, question);
    if (accepted === undefined) {
      notice(terminal, 'nothing was accepted.');
      return 1;
    }
    tell(terminal, accepted.agent, options, accepted.added ? `has a key: ${accepted.agent.words}` : 'is accepted');
    return 0;
  });
}

/** Takes an agent's authority for a while, or for good. */
export async function endAgent(
  terminal: Terminal,
  how: 'suspend' | 'retire',
  name: string,
  options: Format,
): Promise<number> {
  await withControl(terminal, async (control) => {
    if (how === 'suspend') {
      const { agent, sessions } = await control.call('agent.suspend', { name });
      tell(terminal, agent, options, 'is suspended', sessions);
      return;
    }
    const { agent, sessions, rules, keyLeft } = await control.call('agent.retire', { name });
    tell(terminal, agent, options, 'is retired', sessions);
    if (options.json === true) return;
    if (rules > 0) notice(terminal, `${rules} always-${rules === 1 ? 'rule is' : 'rules are'} not given any more.`);
    if (keyLeft !== undefined) {
      notice(terminal, `its key is still in the keystore, where it opens nothing any more: ${visible(keyLeft)}`);
    }
  });
  return 0;
}

/** Lets a suspended agent start again, or gives it another key. */
export async function renewAgent(
  terminal: Terminal,
  how: 'resume' | 'rotate',
  name: string,
  options: Format,
): Promise<number> {
  await withControl(terminal, async (control) => {
    await openForProposals(control);
    const { agent } = await control.call(how === 'resume' ? 'agent.resume' : 'agent.rotate', { name });
    tell(terminal, agent, options, how === 'resume' ? 'may start again' : `has another key: ${agent.words}`);
  });
  return 0;
}

async function examine(
  terminal: Terminal,
  control: ControlClient,
  asked: { readonly name: string; readonly command?: string; readonly purpose?: string; readonly owner?: string },
): Promise<AgentQuestion | undefined> {
  const { cwd, environment } = terminal;
  return (await control.call('agent.examine', { ...asked, cwd, path: environment['PATH'] ?? '' })).question;
}

function tell(
  terminal: Terminal,
  agent: ListedAgent,
  options: Format,
  what: string,
  sessions: readonly string[] = [],
): void {
  if (options.json === true) {
    printJson(terminal, { ...agent, ...(sessions.length > 0 && { sessions }) });
    return;
  }
  terminal.stdout.write(`${agent.name} ${what}\n`);
  if (sessions.length > 0) notice(terminal, `${sessions.join(', ')} ended with it.`);
}

const stateTones: Readonly<Record<ListedAgent['state'], Tone>> = { active: 'good', suspended: 'warn', retired: 'dim' };

function agentTable(terminal: Terminal, agents: readonly ListedAgent[]): string {
  const nowMs = terminal.nowMs();
  const rows = agents.map((agent) => [
    { text: agent.name, tone: 'strong' as const },
    stateCell(agent),
    { text: agent.words },
    { text: visible(agent.owner) },
    { text: agent.lastSeenAt === undefined ? 'never' : relativeText(agent.lastSeenAt, nowMs) },
    { text: visible(packageWords(agent)) },
    { text: visible(agent.purpose) },
    { text: agent.label ?? '', tone: agent.label === 'unverified' ? ('warn' as const) : ('dim' as const) },
  ]);
  return renderTable(
    terminal.screen,
    [
      { title: 'AGENT' },
      { title: 'STATE' },
      { title: 'KEY' },
      { title: 'OWNER', optional: true },
      { title: 'SEEN' },
      { title: 'PROGRAM', shrink: 'middle' },
      { title: 'PURPOSE', shrink: 'end', optional: true },
      { title: 'PRESET', shrink: 'end', optional: true },
    ],
    rows,
  );
}

/** What a person must not miss stands here: other columns may be left out. */
function stateCell({ state, flags, label }: ListedAgent): Cell {
  const more = [...flags, ...(label === 'unverified' ? [label] : [])];
  return { text: [state, ...more].join(', '), tone: more.length > 0 ? 'warn' : stateTones[state] };
}

function packageWords({ attestation: { package: found, path } }: ListedAgent): string {
  return found === undefined ? path : `${found.name} ${found.version}`;
}

function agentLines(terminal: Terminal, agent: ListedAgent): string[] {
  const { screen, home } = terminal;
  const nowMs = terminal.nowMs();
  const line = (label: string, text: string) => fact(label, text, screen);
  const seen = agent.lastSeenAt === undefined ? 'never' : relativeText(agent.lastSeenAt, nowMs);
  return [
    `${screen.paint('strong', agent.name)}  ${visible(agent.title)}`,
    '',
    ...line('State', [agent.state, ...agent.flags].join(', ')),
    ...line('Owner', visible(agent.owner)),
    ...line('Purpose', visible(agent.purpose)),
    ...line('Key', `${agent.words}, ${agent.fingerprint}`),
    ...line('Preset', agent.label === undefined ? agent.preset : `${agent.preset}, ${agent.label}`),
    ...attestationLines(agent.attestation, screen, home),
    ...line('Since', relativeText(agent.createdAt, nowMs)),
    ...line('Seen', seen),
  ];
}

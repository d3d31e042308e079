import type { ReviewedAgent, ReviewState } from '#contract/review.ts';
import { sizeText } from '#contract/text/size.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { reviewAdvice } from '../../core/agents/review.ts';
import { withControl } from '../connection.ts';
import { exitStatus } from '../failure.ts';
import { fact } from '../prompt/agent-text.ts';
import { openForProposals } from '../prompt/ask-about-agent.ts';
import { readLine } from '../prompt/read-line.ts';
import { homePath } from '../render/home-path.ts';
import { wrap } from '../render/width.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';

/** Options of `gatehouse agents review` as the command line gives them. */
export interface ReviewOptions {
  readonly json?: boolean;
  readonly record?: boolean;
}

/** Shows who may do what, and puts it on record that a person looked through it. */
export async function reviewAgents(terminal: Terminal, options: ReviewOptions): Promise<number> {
  return withControl(terminal, async (control) => {
    const { agents, ...state } = await control.call('review.show', {});
    if (options.json === true) for (const agent of agents) printJson(terminal, agent);
    else if (agents.length === 0) {
      notice(terminal, 'there are no agents, so nobody may do anything.');
      return exitStatus.ok;
    } else terminal.stdout.write(reviewText(terminal, agents));
    if (!(await wantsRecord(terminal, options, state))) return exitStatus.ok;
    await openForProposals(control);
    const { reviewedAt } = await control.call('review.record', {});
    if (options.json === true) printJson(terminal, { type: 'reviewed', reviewedAt });
    else terminal.stdout.write('It is on record that you looked through them.\n');
    return exitStatus.ok;
  });
}

/** Said where agents are listed, when it is time to look through them. */
export function reviewReminder({ reviewedAt, due }: ReviewState, nowMs: number): string | undefined {
  if (!due) return undefined;
  const since =
    reviewedAt === undefined
      ? 'Nobody looked through them yet'
      : `They were looked through ${relativeText(reviewedAt, nowMs)}`;
  return `${since}: \`gatehouse agents review\` shows who may do what.`;
}

async function wantsRecord(terminal: Terminal, options: ReviewOptions, { reviewedAt }: ReviewState): Promise<boolean> {
  if (options.record === true) return true;
  if (options.json === true || terminal.stdin.isTTY !== true || terminal.stdout.isTTY !== true) return false;
  const before =
    reviewedAt === undefined
      ? 'None is on record yet.'
      : `The last one was ${relativeText(reviewedAt, terminal.nowMs())}.`;
  const answer = await readLine(terminal, `\n${before} Type yes to put this review on record: `);
  return answer?.trim().toLowerCase() === 'yes';
}

/** Everything as text: a block for each agent, then what to do. */
export function reviewText(terminal: Terminal, agents: readonly ReviewedAgent[]): string {
  const blocks = agents.map((agent) => agentLines(terminal, agent).join('\n'));
  const { screen } = terminal;
  const advice = agents.flatMap((agent) => agent.flags.map((flag) => reviewAdvice(flag, agent)));
  const todo =
    advice.length === 0
      ? ['Nothing stands out.']
      : [
          screen.paint('strong', 'What to do'),
          ...advice.flatMap((text) =>
            wrap(visible(text), Math.max(screen.columns - 4, 20)).map(
              (line, index) => `${index === 0 ? '  → ' : '    '}${line}`,
            ),
          ),
        ];
  return `${[...blocks, todo.join('\n')].join('\n\n')}\n`;
}

function agentLines(terminal: Terminal, reviewed: ReviewedAgent): string[] {
  const { screen, home } = terminal;
  const { agent, flags, lastSession, rules, grants, presetGrants, login, homes } = reviewed;
  const nowMs = terminal.nowMs();
  const line = (label: string, text: string) => fact(label, visible(text), screen);
  const when =
    lastSession === undefined
      ? `no session is known; ${reviewed.idleDays} days idle`
      : `${relativeText(lastSession.startedAt, nowMs)} in ${homePath(lastSession.workspace, home)}${reviewed.running > 0 ? `; ${reviewed.running} running` : `; ${reviewed.idleDays} days idle`}`;
  const state = [agent.state, ...flags].join(', ');
  return [
    `${screen.paint('strong', agent.name)}  ${screen.paint(flags.length > 0 ? 'warn' : 'dim', state)}`,
    ...line('Owner', agent.owner),
    ...line('Purpose', agent.purpose),
    ...line('Program', `${homePath(agent.attestation.path, home)}, ${programWords[reviewed.program]}`),
    ...line('Session', when),
    ...line('Preset', `${agent.preset}: ${presetGrants.length === 0 ? 'gives nothing' : presetGrants.join(', ')}`),
    ...rules.flatMap((rule) =>
      line(
        'Always',
        `${rule.spec} in ${homePath(rule.workspace, home)}, since you said so ${relativeText(rule.givenAt, nowMs)} (${rule.id}); ${usesText(rule, nowMs)}`,
      ),
    ),
    ...(rules.length === 0 ? line('Always', 'nothing') : []),
    ...grants.flatMap(({ id, spec, giver, expiresAt }) =>
      line('Now', `${spec} (${id}, from ${giverWords[giver]}), ends ${relativeText(expiresAt, nowMs)}`),
    ),
    ...line('Login', login.length === 0 ? 'none' : login.join(', ')),
    ...line('Homes', homesText(homes)),
  ];
}

const programWords = { accepted: 'as it was accepted', changed: 'not the accepted one', gone: 'not there' } as const;
const giverWords = { person: 'you', preset: 'its preset', workspace: 'Gatehouse', always: 'an always-rule' } as const;

function usesText({ uses, lastUsedAt }: ReviewedAgent['rules'][number], nowMs: number): string {
  if (uses === 0) return 'never used';
  const last = lastUsedAt === undefined ? '' : `, last ${relativeText(lastUsedAt, nowMs)}`;
  return `used ${uses === 1 ? 'once' : `${uses} times`}${last}`;
}

function homesText({ count, bytes, complete }: ReviewedAgent['homes']): string {
  if (count === 0) return 'none';
  return `${count} workspace${count === 1 ? '' : 's'}, ${complete ? '' : 'at least '}${sizeText(bytes)}`;
}

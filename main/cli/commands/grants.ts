import type { AlwaysRule } from '#contract/always-rule.ts';
import type { Grant, GrantProposal } from '#contract/grant.ts';
import { relativeText, spanText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { withControl } from '../connection.ts';
import { parseDurationMs } from '../parse/duration.ts';
import { openForProposals } from '../prompt/ask-about-agent.ts';
import { confirmTyped } from '../prompt/confirm-typed.ts';
import { homePath } from '../render/home-path.ts';
import type { Cell } from '../render/table.ts';
import { renderTable } from '../render/table.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';

/** Lists grants that are in force, or with `all` ended ones too. */
export async function listGrants(terminal: Terminal, options: { all?: boolean; json?: boolean }): Promise<number> {
  const { grants, rules } = await withControl(terminal, (control) =>
    control.call('grant.list', { all: options.all === true }),
  );
  if (options.json === true) {
    for (const grant of grants) printJson(terminal, { type: 'grant', ...grant });
    for (const rule of rules) printJson(terminal, { type: 'always', ...rule });
    return 0;
  }
  if (grants.length === 0) notice(terminal, 'no grant is in force.');
  else terminal.stdout.write(grantTable(terminal, grants));
  if (rules.length > 0) terminal.stdout.write(`\n${ruleTable(terminal, rules)}`);
  return 0;
}

/** Gives a running task more, once that was confirmed with the code that this terminal shows. */
export async function addGrant(
  terminal: Terminal,
  spec: string,
  options: { task: string; for?: string; json?: boolean },
): Promise<number> {
  const added = await withControl(terminal, async (control) => {
    await openForProposals(control);
    const forMs = options.for === undefined ? {} : { forMs: parseDurationMs(options.for) };
    const { proposal, code } = await control.call('grant.propose', {
      taskId: options.task,
      spec,
      cwd: terminal.cwd,
      ...forMs,
    });
    terminal.stderr.write(proposalText(terminal, proposal, code));
    if (!(await confirmTyped(terminal, 'grant', code))) return undefined;
    return control.call('grant.add', { digest: proposal.digest, code });
  });
  if (added === undefined) {
    notice(terminal, 'nothing was granted.');
    return 1;
  }
  const { grant, seenByRunning } = added;
  if (options.json === true) printJson(terminal, { type: 'grant', ...grant });
  else {
    const ends = relativeText(grant.expiresAt, terminal.nowMs());
    terminal.stdout.write(`${grant.id}  ${visible(grant.spec)}, ends ${ends}\n`);
  }
  if (!seenByRunning) notice(terminal, 'sessions that run already do not see it; start them again for that.');
  return 0;
}

function proposalText(terminal: Terminal, proposal: GrantProposal, code: string): string {
  const { errorScreen: screen, home, nowMs } = terminal;
  const until = `until the task ends, ${relativeText(proposal.taskEndsAt, nowMs())}`;
  const ends = proposal.forMs === undefined ? until : `for ${spanText(proposal.forMs)}, at most ${until}`;
  const rule = screen.paint('dim', '─'.repeat(Math.min(screen.columns, 78)));
  return `${[
    screen.paint('strong', 'Gatehouse asks'),
    rule,
    `Give  ${screen.paint('strong', visible(proposal.spec))}`,
    `to    every session of the task “${visible(proposal.taskText)}” (${proposal.taskId})`,
    `in    ${homePath(proposal.workspace, home)}`,
    `      ${ends}`,
    rule,
    `  ${screen.paint('strong', `grant ${code}`)}   give it`,
    `  ${screen.paint('strong', 'no')}          give nothing`,
  ].join('\n')}\n`;
}

/** Takes back a grant or an always-rule, while its agent runs. */
export async function revokeGrant(terminal: Terminal, id: string, options: { json?: boolean }): Promise<number> {
  const revoked = await withControl(terminal, (control) => control.call('grant.revoke', { id }));
  if (options.json === true) {
    printJson(terminal, revoked);
    return 0;
  }
  const { grants, rule, closed, visibleTo } = revoked;
  if (rule !== undefined) terminal.stdout.write(`${rule.id}  ${visible(rule.spec)} is not given any more\n`);
  for (const grant of grants) terminal.stdout.write(`${grant.id}  ${visible(grant.spec)} taken back\n`);
  if (closed > 0) notice(terminal, `${closed} open ${closed === 1 ? 'connection was' : 'connections were'} closed.`);
  if (visibleTo.length > 0) {
    notice(
      terminal,
      `${visibleTo.join(', ')} still ${visibleTo.length === 1 ? 'sees' : 'see'} the folder until the end.`,
    );
  }
  return 0;
}

function ruleTable(terminal: Terminal, rules: readonly AlwaysRule[]): string {
  const nowMs = terminal.nowMs();
  const rows = rules.map((rule): Cell[] => [
    { text: rule.id, tone: 'strong' },
    { text: visible(rule.spec) },
    { text: rule.agent },
    { text: homePath(rule.workspace, terminal.home) },
    { text: relativeText(rule.givenAt, nowMs) },
    { text: visible(rule.because) },
  ]);
  return renderTable(
    terminal.screen,
    [
      { title: 'ALWAYS' },
      { title: 'GRANT', shrink: 'middle' },
      { title: 'AGENT' },
      { title: 'IN', shrink: 'middle' },
      { title: 'YOU SAID SO' },
      { title: 'DURING', shrink: 'end' },
    ],
    rows,
  );
}

function grantTable(terminal: Terminal, grants: readonly Grant[]): string {
  const nowMs = terminal.nowMs();
  const rows = grants.map((grant): Cell[] => [
    { text: grant.id, tone: 'strong' },
    { text: visible(grant.spec) },
    { text: grant.taskId },
    { text: grant.giver },
    { text: endText(grant, nowMs) },
    { text: String(grant.uses) },
    { text: grant.lastUsedAt === undefined ? 'never' : relativeText(grant.lastUsedAt, nowMs) },
  ]);
  return renderTable(
    terminal.screen,
    [
      { title: 'ID' },
      { title: 'GRANT', shrink: 'middle' },
      { title: 'TASK' },
      { title: 'GIVEN BY' },
      { title: 'ENDS' },
      { title: 'USES', alignEnd: true },
      { title: 'LAST USED' },
    ],
    rows,
  );
}

function endText(grant: Grant, nowMs: number): string {
  if (grant.revokedAt !== undefined) return `revoked ${relativeText(grant.revokedAt, nowMs)}`;
  return relativeText(grant.expiresAt, nowMs);
}

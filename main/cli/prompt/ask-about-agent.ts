import type { AgentQuestion } from '#contract/agent.ts';
import type { Result } from '#contract/api.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { ControlClient } from '../../adapters/control/client.ts';
import { noSessionId } from '../../core/sessions/ids.ts';
import { withControl } from '../connection.ts';
import type { Terminal } from '../terminal.ts';
import { agentFactLines } from './agent-text.ts';
import { confirmTyped } from './confirm-typed.ts';

/**
 * Makes this connection one on which what widens authority can be confirmed. It is bound to a session that does not exist, so that no
 * question of a running one is held for a surface that would not show it.
 */
export async function openForProposals(control: ControlClient): Promise<void> {
  await control.call('approver.open', { session: noSessionId });
}

/** Asks at the start of a session, over a connection of its own. Throws when the answer is no, or this terminal may not answer. */
export async function acceptInTerminal(terminal: Terminal, question: AgentQuestion): Promise<void> {
  await withControl(terminal, async (control) => {
    await openForProposals(control);
    const accepted = await askAboutAgent(terminal, control, question);
    if (accepted !== undefined) return;
    throw operatingError('approval_refused', `${question.name} was not accepted, so it does not start.`, {
      remedy: 'Nothing was changed.',
    });
  });
}

/**
 * Shows what a person would accept and takes the typed answer. `control` is an approver's connection. Resolves with
 * undefined when the answer was no, or none.
 */
export async function askAboutAgent(
  terminal: Terminal,
  control: ControlClient,
  question: AgentQuestion,
): Promise<Result<'agent.accept'> | undefined> {
  const { stdout, screen, home } = terminal;
  const { digest } = question;
  const { code } = await control.call('agent.code', { digest });
  const rule = screen.paint('dim', '─'.repeat(Math.min(screen.columns, 78)));
  const [yes, no] = answers(question);
  const lines = [
    `${screen.paint('strong', 'Gatehouse asks')}`,
    rule,
    ...agentFactLines(question, screen, home),
    rule,
    `  ${screen.paint('strong', `accept ${code}`)}   ${yes}`,
    `  ${screen.paint('strong', 'no')}           ${no}`,
  ];
  stdout.write(`${lines.join('\n')}\n`);
  const accepted = await confirmTyped(terminal, 'accept', code);
  return accepted ? control.call('agent.accept', { digest, code }) : undefined;
}

function answers({ kind, name }: AgentQuestion): readonly [string, string] {
  return kind === 'unknown'
    ? [`give ${name} a key of its own, bound to this program`, 'it does not start']
    : ['accept what changed', 'it does not start'];
}

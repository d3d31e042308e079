import type { Result } from '#contract/api.ts';
import type { MemoryQuestion } from '#contract/memory.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { ControlClient } from '../../adapters/control/client.ts';
import { withControl } from '../connection.ts';
import type { Terminal } from '../terminal.ts';
import { openForProposals } from './ask-about-agent.ts';
import { confirmTyped } from './confirm-typed.ts';
import { changeLines, memoryFactLines } from './memory-text.ts';

/** Lines of diffs that are shown at once, as many as leave the facts and the answers in sight; `all` shows the rest. */
const linesShown = { least: 12, most: 60 };

/** Everything of a question but facts and diffs. */
const answersLines = 9;

/** Asks at the start of a session, over a connection of its own. Throws when the answer is no, or this terminal may not answer. */
export async function acceptMemoryInTerminal(terminal: Terminal, question: MemoryQuestion): Promise<void> {
  await withControl(terminal, async (control) => {
    await openForProposals(control);
    if ((await askAboutMemory(terminal, control, question)) !== undefined) return;
    throw operatingError(
      'approval_refused',
      `What ${question.agent} would be told was not accepted, so it does not start.`,
      {
        remedy: 'Nothing was changed. Mend the files, or accept them at the next start.',
      },
    );
  });
}

/**
 * Shows what changed as diffs and takes the typed answer. `control` is an approver's connection. Resolves with undefined when the
 * answer was no, or none.
 */
export async function askAboutMemory(
  terminal: Terminal,
  control: ControlClient,
  question: MemoryQuestion,
): Promise<Result<'memory.accept'> | undefined> {
  const { stdout, screen, home } = terminal;
  const { digest, changes } = question;
  const diffs: string[] = [];
  for (const [index, change] of changes.entries()) {
    diffs.push(...changeLines(change, await control.call('memory.texts', { digest, index }), screen, home));
  }
  const { code } = await control.call('memory.code', { digest });
  const rule = screen.paint('dim', '─'.repeat(Math.min(screen.columns, 78)));
  const facts = memoryFactLines(question, screen, home, terminal.nowMs());
  const others = facts.length + answersLines;
  const room = Math.min(Math.max((stdout.rows ?? 24) - others, linesShown.least), linesShown.most);
  const rest = diffs.length - room;
  const ask = (shown: readonly string[], more: readonly string[]) =>
    [
      screen.paint('strong', 'Gatehouse asks'),
      rule,
      ...facts,
      ...shown,
      ...more,
      rule,
      `  ${screen.paint('strong', `accept ${code}`)}   it may be told this from now on`,
      ...(more.length === 0 ? [] : [`  ${screen.paint('strong', 'all')}          show everything first`]),
      `  ${screen.paint('strong', 'no')}           it does not start`,
      '',
    ].join('\n');
  const cut = rest > 0 ? ['', screen.paint('warn', `… and ${rest} more lines: type all to see them`)] : [];
  stdout.write(ask(rest > 0 ? diffs.slice(0, room) : diffs, cut));
  const accepted = await confirmTyped(terminal, 'accept', code, { all: () => void stdout.write(ask(diffs, [])) });
  return accepted ? control.call('memory.accept', { digest, code }) : undefined;
}

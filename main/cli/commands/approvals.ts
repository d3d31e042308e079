import type { Approval } from '#contract/approval.ts';
import { operatingError } from '#contract/operating-error.ts';
import { beforeWord } from '#contract/text/network-facts.ts';
import { relativeText } from '#contract/text/span.ts';
import type { ControlClient } from '../../adapters/control/client.ts';
import { withControl } from '../connection.ts';
import { parseAnswer } from '../prompt/answer-words.ts';
import { answerLines, factLines, wishText } from '../prompt/approval-text.ts';
import { readLine } from '../prompt/read-line.ts';
import type { Tone } from '../render/screen.ts';
import { renderTable } from '../render/table.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';

/** Lists questions that are open, or with `all` the newest closed ones too. */
export async function listApprovals(terminal: Terminal, options: { all?: boolean; json?: boolean }): Promise<number> {
  const { approvals } = await withControl(terminal, (control) =>
    control.call('approval.list', { all: options.all === true }),
  );
  if (options.json === true) {
    for (const approval of approvals) printJson(terminal, approval);
  } else if (approvals.length === 0) notice(terminal, 'nothing waits for an answer.');
  else terminal.stdout.write(approvalTable(terminal, approvals));
  return 0;
}

const stateTones: Readonly<Record<Approval['state'], Tone>> = {
  waiting: 'warn',
  pending: 'warn',
  allowed: 'good',
  denied: 'bad',
  lapsed: 'dim',
};

function approvalTable(terminal: Terminal, approvals: readonly Approval[]): string {
  const rows = approvals.map((approval) => [
    { text: approval.id, tone: 'strong' as const },
    { text: approval.state, tone: stateTones[approval.state] },
    { text: approval.risk === 'low' ? 'routine' : approval.risk },
    { text: approval.agent },
    { text: wishText(approval, terminal.home) },
    { text: beforeWord(approval) },
    { text: relativeText(approval.askedAt, terminal.nowMs()) },
    { text: approval.session },
  ]);
  return renderTable(
    terminal.screen,
    [
      { title: 'QUESTION' },
      { title: 'STATE' },
      { title: 'RISK' },
      { title: 'AGENT' },
      { title: 'WANTS TO', shrink: 'middle' },
      { title: 'BEFORE', optional: true },
      { title: 'ASKED' },
      { title: 'SESSION' },
    ],
    rows,
  );
}

/** Answers one question in this terminal: shows the facts and a code, and takes the typed answer. */
export async function answerApproval(terminal: Terminal, id: string): Promise<number> {
  if (terminal.stdin.isTTY !== true || terminal.stdout.isTTY !== true) {
    throw operatingError('approval_refused', 'Answers are typed by a person, in a terminal.', {
      remedy: 'Run it in a terminal, or open `gatehouse watch` there.',
    });
  }
  return withControl(terminal, async (control) => {
    const { approval, code } = await findShown(control, id);
    const { stdout, screen, home } = terminal;
    const lines = [...factLines(approval, screen, home), '', ...answerLines(approval, code, screen, home)];
    stdout.write(`${lines.join('\n')}\n`);
    for (;;) {
      const line = await readLine(terminal, '> ');
      if (line === undefined) {
        notice(terminal, 'nothing was answered.');
        return 1;
      }
      const typed = parseAnswer(line, approval.answers, code) ?? { why: 'Type one of the answers above.' };
      if ('why' in typed) {
        stdout.write(`${typed.why}\n`);
        continue;
      }
      const { answer } = typed;
      const answered = await control.call('approval.answer', {
        id: approval.id,
        digest: approval.digest,
        answer,
        ...(typed.code === '' ? {} : { code: typed.code }),
      });
      stdout.write(`${answered.approval.state === 'allowed' ? 'Allowed' : 'Denied'}: ${wishText(approval, home)}\n`);
      return 0;
    }
  });
}

/** Becomes an approval surface and waits for the question to be shown on it, which is when it has a code. */
async function findShown(control: ControlClient, id: string): Promise<{ approval: Approval; code: string }> {
  const shown: { approval: Approval; code: string }[] = [];
  control.on('approval.asked', (asked) => shown.push(asked));
  await control.call('approver.open', {});
  const matching = shown.filter(({ approval }) => approval.id === id || approval.id.startsWith(`a-${id}`));
  const [only] = matching;
  if (only !== undefined && matching.length === 1) return only;
  throw operatingError(
    'not_found',
    matching.length > 1 ? `${id} could be several questions.` : `No question ${id} is open.`,
    {
      remedy: '`gatehouse approvals list` shows what is open.',
    },
  );
}

import type { ListedPin } from '#contract/memory.ts';
import { operatingError } from '#contract/operating-error.ts';
import { relativeText } from '#contract/text/span.ts';
import { withControl } from '../connection.ts';
import { openForProposals } from '../prompt/ask-about-agent.ts';
import { askAboutMemory } from '../prompt/ask-about-memory.ts';
import { memoryLabel } from '../prompt/memory-text.ts';
import { homePath } from '../render/home-path.ts';
import { renderTable } from '../render/table.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';

interface Which {
  readonly agent?: string;
  readonly workspace?: string;
}

/** Lists what is pinned: of every agent everywhere, or of one, or in one workspace. */
export async function listMemory(terminal: Terminal, options: Which & { readonly json?: boolean }): Promise<number> {
  const { agent, workspace } = options;
  const { pins } = await withControl(terminal, (control) =>
    control.call('memory.list', {
      ...(agent !== undefined && { agent }),
      ...(workspace !== undefined && { workspace, cwd: terminal.cwd }),
    }),
  );
  if (options.json === true) for (const pin of pins) printJson(terminal, pin);
  else if (pins.length === 0)
    notice(terminal, 'nothing is pinned yet; the first start of an agent in a workspace pins.');
  else terminal.stdout.write(pins.map((pin) => pinText(terminal, pin)).join('\n'));
  return 0;
}

function pinText(terminal: Terminal, pin: ListedPin): string {
  const { screen, home } = terminal;
  const { agent, workspace, pinnedAt, files, changed } = pin;
  const state =
    changed === undefined
      ? screen.paint('warn', 'cannot be looked at')
      : changed === 0
        ? screen.paint('good', 'as pinned')
        : screen.paint('warn', `${changed} changed: gatehouse memory accept`);
  const head = `${screen.paint('strong', agent)} in ${homePath(workspace, home)}, pinned ${relativeText(pinnedAt, terminal.nowMs())}: ${state}\n`;
  if (files.length === 0) return `${head}  no file that it reads is there\n`;
  const rows = files.map((file) => [
    { text: `  ${memoryLabel(file)}` },
    { text: String(file.sizeBytes) },
    { text: file.sha256, tone: 'dim' as const },
  ]);
  const columns = [
    { title: '  FILE' },
    { title: 'BYTES', alignEnd: true },
    { title: 'SHA-256', shrink: 'end' as const },
  ];
  return head + renderTable(screen, columns, rows);
}

/** Shows what changed of what agents read in a workspace, one agent after the other, and takes the typed answers. */
export async function acceptMemory(terminal: Terminal, options: Which): Promise<number> {
  if (terminal.stdin.isTTY !== true || terminal.stdout.isTTY !== true) {
    throw operatingError('approval_refused', 'What changed is shown to a person, who types the answer.', {
      remedy: 'Run it in a terminal, without a pipe.',
    });
  }
  const { cwd } = terminal;
  const place = { cwd, ...(options.workspace !== undefined && { workspace: options.workspace }) };
  return withControl(terminal, async (control) => {
    await openForProposals(control);
    const listed = options.agent === undefined ? (await control.call('memory.list', place)).pins : [];
    const agents = options.agent === undefined ? listed.map(({ agent }) => agent) : [options.agent];
    if (agents.length === 0) notice(terminal, 'nothing is pinned in this workspace.');
    let status = 0;
    for (const agent of agents) {
      const { question } = await control.call('memory.examine', { agent, ...place });
      if (question === undefined) {
        notice(terminal, `what ${agent} reads here is as it was pinned.`);
        continue;
      }
      const accepted = await askAboutMemory(terminal, control, question);
      if (accepted === undefined) status = 1;
      notice(
        terminal,
        accepted === undefined ? 'nothing was accepted.' : `what ${agent} reads is pinned as it is now.`,
      );
    }
    return status;
  });
}

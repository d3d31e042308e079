import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { eventually } from '../../helpers/poll.ts';
import type { TempHome } from '../../helpers/temp-home.ts';
import { openGatehouse } from '../../integration/approvals/asking.ts';

/** What an agent is told is pinned, changed and accepted; `agent` is one whose program is bash. */
export async function playMemory(
  run: (args: readonly string[], wanted?: number) => Promise<string>,
  home: TempHome,
  agent: string,
): Promise<void> {
  const file = path.join(home.workspace, 'CLAUDE.md');
  // A status of its own, by which the end of this session is told from others.
  const start = ['run', '--agent', agent, '--', 'bash', '-c', 'exit 43'];
  await writeFile(file, 'One.\n');
  await run(start, 43);
  await writeFile(file, 'Two.\n');
  await run(start, 126);
  const terminal = openGatehouse(home, 'memory', 'accept', '--agent', agent);
  const code = await eventually(() => /accept ([0-9A-Z]{3}) /u.exec(terminal.text())?.[1], { what: 'a question' });
  terminal.type(`accept ${code}\r`);
  const { status } = await terminal.exited;
  if (status !== 0) throw new Error(`memory accept ended with ${status}: ${terminal.text()}`);
}

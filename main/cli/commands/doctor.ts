import { type DoctorEntry, doctorEntries, doctorVerdict, mechanismHeadings } from '#contract/mechanisms.ts';
import { exitStatus } from '../failure.ts';
import { agentLines, findAgents } from '../find-agents.ts';
import { checkMachine } from '../machine.ts';
import { mechanismLines } from '../render/mechanism-lines.ts';
import { wrap } from '../render/width.ts';
import { printJson, type Terminal } from '../terminal.ts';

/** Says what the walls stand on, on this machine. Exit status 1 when something is missing, because then sessions are refused. */
export async function doctor(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const entries = doctorEntries(await checkMachine(terminal));
  const missing = entries.filter(({ state }) => state === 'missing').length;
  if (options.json === true) for (const entry of entries) printJson(terminal, entry);
  else {
    printGroups(terminal, entries);
    await printAgents(terminal);
    terminal.stdout.write(`${wrap(doctorVerdict(entries), terminal.screen.columns).join('\n')}\n`);
  }
  return missing > 0 ? exitStatus.no : exitStatus.ok;
}

function printGroups(terminal: Terminal, entries: readonly DoctorEntry[]): void {
  const { screen, stdout } = terminal;
  for (const group of new Set(entries.map((entry) => entry.group))) {
    stdout.write(`${screen.paint('strong', mechanismHeadings[group])}\n`);
    stdout.write(
      `${mechanismLines(
        screen,
        entries.filter((entry) => entry.group === group),
      )}\n`,
    );
  }
}

/** Which of the agents we know are here, and whether anybody tried them inside: not part of the walls, so of no state. */
async function printAgents(terminal: Terminal): Promise<void> {
  const agents = await findAgents(terminal.environment['PATH'] ?? '');
  if (agents.length === 0) return;
  terminal.stdout.write(
    `${terminal.screen.paint('strong', 'Agents on this machine')}\n${agentLines(terminal, agents)}\n`,
  );
}

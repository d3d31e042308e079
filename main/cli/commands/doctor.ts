import type { Mechanism } from '#contract/doctor.ts';
import {
  type DoctorEntry,
  doctorVersion,
  mechanisms as known,
  type MechanismGroup,
  mechanismGroups,
} from '#contract/mechanisms.ts';
import { exitStatus } from '../failure.ts';
import { agentLines, findAgents } from '../find-agents.ts';
import { checkMachine } from '../machine.ts';
import { mechanismLines } from '../render/mechanism-lines.ts';
import { wrap } from '../render/width.ts';
import { printJson, type Terminal } from '../terminal.ts';

/** Worst first. */
const states = ['missing', 'limited', 'ok', 'unused'] as const;
const headings: Readonly<Record<MechanismGroup | 'other', string>> = {
  walls: 'Walls around a session',
  limits: 'What a session may use up',
  network: 'The way out',
  decisions: 'Decisions',
  record: 'The record',
  program: 'Gatehouse itself',
  other: 'More',
};

/** Says what the walls stand on, on this machine. Exit status 1 when something is missing, because then sessions are refused. */
export async function doctor(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const entries = inOrder((await checkMachine(terminal)).map(entryOf));
  const missing = entries.filter(({ state }) => state === 'missing').length;
  if (options.json === true) for (const entry of entries) printJson(terminal, entry);
  else {
    printGroups(terminal, entries);
    await printAgents(terminal);
    terminal.stdout.write(`${wrap(verdict(entries), terminal.screen.columns).join('\n')}\n`);
  }
  return missing > 0 ? exitStatus.no : exitStatus.ok;
}

function entryOf(mechanism: Mechanism): DoctorEntry {
  const about = Object.entries(known).find(([id]) => id === mechanism.id)?.[1];
  // A supervisor of another version may know of more.
  const { group, protects } = about ?? { group: 'other' as const, protects: 'a newer part of Gatehouse does not work' };
  return { v: doctorVersion, group, ...mechanism, protects };
}

const rank = ({ state }: DoctorEntry): number => states.indexOf(state);

/** The group with the worst state first, and within a group the worst; else as they are named in the contract. */
function inOrder(entries: readonly DoctorEntry[]): DoctorEntry[] {
  const ids = Object.keys(known);
  const groups = [...mechanismGroups, 'other' as const].map((group) =>
    entries
      .filter((entry) => entry.group === group)
      .sort((a, b) => rank(a) - rank(b) || ids.indexOf(a.id) - ids.indexOf(b.id)),
  );
  const worst = (group: readonly DoctorEntry[]) => Math.min(...group.map(rank), states.indexOf('ok'));
  return groups.sort((a, b) => worst(a) - worst(b)).flat();
}

function printGroups(terminal: Terminal, entries: readonly DoctorEntry[]): void {
  const { screen, stdout } = terminal;
  for (const group of new Set(entries.map((entry) => entry.group))) {
    stdout.write(`${screen.paint('strong', headings[group])}\n`);
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

function verdict(entries: readonly DoctorEntry[]): string {
  const count = (state: Mechanism['state']) => entries.filter((entry) => entry.state === state).length;
  if (count('missing') > 0) return `${count('missing')} missing: sessions are refused until that is there.`;
  if (count('limited') > 0) {
    const what = count('limited') === 1 ? 'the weakness stated above' : 'the weaknesses stated above';
    return `${count('limited')} limited: everything works, with ${what}.`;
  }
  return 'Everything Gatehouse needs is here.';
}

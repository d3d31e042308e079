import { createInterface } from 'node:readline/promises';
import type { Result } from '#contract/api.ts';
import { withControl } from '../connection.ts';
import { exitStatus, failureText } from '../failure.ts';
import { agentLines, findAgents } from '../find-agents.ts';
import { checkMachine } from '../machine.ts';
import { homePath } from '../render/home-path.ts';
import { mechanismLines } from '../render/mechanism-lines.ts';
import { padEnd, wrap } from '../render/width.ts';
import type { Terminal } from '../terminal.ts';

/** A guided first look: the machine, the supervisor, the agents found, the demo, three commands to try. */
export async function start(terminal: Terminal): Promise<number> {
  const { paint, columns } = terminal.screen;
  const print = (text: string) => terminal.stdout.write(text);
  const heading = (text: string) => print(`\n${paint('strong', text)}\n\n`);
  print(`${paint('strong', 'Gatehouse')} runs local AI agents inside walls you control.\n`);

  heading('This machine');
  const mechanisms = await checkMachine(terminal);
  print(
    mechanismLines(
      terminal.screen,
      mechanisms.filter(({ state }) => state !== 'unused'),
    ),
  );
  const ready = mechanisms.every(({ state }) => state !== 'missing');
  if (!ready)
    print(
      `\n${wrap('Sessions are refused until what is missing is there; the rest can be looked at.', columns).join('\n')}\n`,
    );

  heading('The supervisor');
  const status = await openSupervisor(terminal);
  if (status !== undefined) {
    print(`  Runs as process ${status.pid}: ${status.sessions} sessions, ${status.events} events on record.\n`);
    print(`  Keeps its things in ${homePath(status.home, terminal.home)}.\n`);
  }

  heading('Agents on this machine');
  const agents = await findAgents(terminal.environment['PATH'] ?? '');
  print(
    agents.length === 0
      ? '  None of the agents we know. Any command runs inside walls all the same.\n'
      : agentLines(terminal, agents),
  );

  if (ready && status !== undefined && (await wantsDemo(terminal))) {
    print('\n');
    const { demo } = await import('./demo.ts');
    await demo(terminal, {});
  }

  heading('Try');
  print(commandLines(terminal, agents[0]?.command));
  // Told above in words, with the remedy; an ordinary start of a guide is not a failure.
  return exitStatus.ok;
}

async function openSupervisor(terminal: Terminal): Promise<Result<'supervisor.status'> | undefined> {
  try {
    return await withControl(terminal, (control) => control.call('supervisor.status', {}));
  } catch (error) {
    terminal.stdout.write(`  ${failureText(error, terminal.environment).replace(/^gatehouse: /u, 'Does not start. ')}`);
    return undefined;
  }
}

function commandLines(terminal: Terminal, agent: string | undefined): string {
  // From a checkout there is no `gatehouse` on the PATH; npm tells us that it started us.
  const name = terminal.environment['npm_lifecycle_event'] === undefined ? 'gatehouse' : 'npm run -s gatehouse --';
  const lines = [
    [`${name} demo`, 'a scripted agent that misbehaves, and its record'],
    [`${name} run -- ${agent ?? 'bash'}`, `${agent ?? 'a shell'} in this folder, and this folder alone`],
    ...(agent === undefined ? [] : [[`${name} setup`, `the same whenever ${agent} is typed`] as const]),
    [`${name} log --since 1h`, 'what happened'],
  ] as const satisfies readonly (readonly [string, string])[];
  const { paint, columns } = terminal.screen;
  const cells = Math.max(...lines.map(([command]) => command.length));
  if (lines.every(([, does]) => cells + does.length + 5 <= columns)) {
    return lines.map(([command, does]) => `  ${padEnd(command, cells)}   ${paint('dim', does)}\n`).join('');
  }
  return lines.map(([command, does]) => `  ${paint('dim', `# ${does}`)}\n  ${command}\n`).join('');
}

/** Asks only where somebody can answer. */
async function wantsDemo(terminal: Terminal): Promise<boolean> {
  if (terminal.stdin.isTTY !== true || !terminal.screen.terminal) return false;
  const lines = createInterface({ input: terminal.stdin, output: terminal.stdout });
  try {
    return /^y(es)?$/iu.test(
      (await lines.question('\nWatch a scripted agent misbehave inside the walls? [y/N] ')).trim(),
    );
  } finally {
    lines.close();
  }
}

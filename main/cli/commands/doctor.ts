import { exitStatus } from '../failure.ts';
import { checkMachine } from '../machine.ts';
import { mechanismLines } from '../render/mechanism-lines.ts';
import { printJson, type Terminal } from '../terminal.ts';

/** Says what the walls stand on, on this machine. Exit status 1 when something is missing, because then sessions are refused. */
export async function doctor(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const mechanisms = await checkMachine(terminal);
  const missing = mechanisms.filter(({ state }) => state === 'missing').length;
  const limited = mechanisms.filter(({ state }) => state === 'limited').length;
  if (options.json === true) for (const mechanism of mechanisms) printJson(terminal, mechanism);
  else {
    const { screen } = terminal;
    terminal.stdout.write(`${mechanismLines(screen, mechanisms)}\n`);
    if (missing > 0)
      terminal.stdout.write(
        `${screen.paint('bad', `${missing} missing`)}: sessions are refused until that is there.\n`,
      );
    else if (limited > 0)
      terminal.stdout.write(
        `${screen.paint('warn', `${limited} limited`)}: everything works, with the weakness stated above.\n`,
      );
    else terminal.stdout.write('Everything the walls need is here.\n');
  }
  return missing > 0 ? exitStatus.no : exitStatus.ok;
}

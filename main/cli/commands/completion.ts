import type { Command } from 'commander';
import { completionScript, isShell, shells } from '../completion.ts';
import { exitStatus } from '../failure.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Prints the completion script of one shell. */
export async function completion(terminal: Terminal, shell: string, program: Command): Promise<number> {
  if (!isShell(shell))
    throw new UsageError(`There is no completion for "${shell}".`, `Known are ${shells.join(', ')}.`);
  terminal.stdout.write(completionScript(shell, program));
  return exitStatus.ok;
}

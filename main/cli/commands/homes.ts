import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { AgentHome, KeptLogin } from '#contract/home.ts';
import { operatingError } from '#contract/operating-error.ts';
import { sizeText } from '#contract/text/size.ts';
import { visible } from '#contract/text/visible.ts';
import { withControl } from '../connection.ts';
import { exitStatus } from '../failure.ts';
import { readLine } from '../prompt/read-line.ts';
import { homePath } from '../render/home-path.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Options of `gatehouse agents reset-home` as the command line gives them. */
export interface ResetOptions {
  readonly workspace?: string;
  readonly login?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Removes what an agent keeps, after saying what that is. */
export async function resetHome(terminal: Terminal, agent: string, options: ResetOptions): Promise<number> {
  const workspace = options.workspace === undefined ? undefined : await realFolder(terminal, options.workspace);
  return withControl(terminal, async (control) => {
    const found = await control.call('home.list', { agent });
    const homes = found.homes.filter((home) => workspace === undefined || home.workspace === workspace);
    const login = options.login === true ? found.login : [];
    if (homes.length === 0 && login.length === 0) {
      notice(terminal, `${agent} keeps nothing ${workspace === undefined ? '' : 'for that workspace '}that could go.`);
      return exitStatus.no;
    }
    if (options.json !== true) {
      terminal.stdout.write(`This goes, and cannot come back:\n`);
      for (const line of [...homeLines(terminal, homes), ...loginLines(login)]) terminal.stdout.write(`  ${line}\n`);
      if (found.login.length > login.length) terminal.stdout.write('Its login stays; --login takes that too.\n');
    }
    if (!(await agreed(terminal, options))) return exitStatus.no;
    const reset = await control.call('home.reset', {
      agent,
      ...(workspace !== undefined && { workspace }),
      login: options.login === true,
    });
    if (options.json === true) printJson(terminal, { agent, ...reset });
    else terminal.stdout.write(`${agent} begins anew ${workspace === undefined ? 'everywhere' : 'there'}.\n`);
    return exitStatus.ok;
  });
}

/** One line for each home: where it is for, and how big. */
export function homeLines(terminal: Terminal, homes: readonly AgentHome[]): string[] {
  return homes.map((home) => {
    const where =
      home.workspace === undefined ? `an unknown workspace (${home.id})` : homePath(home.workspace, terminal.home);
    const used = home.sessions === 0 ? '' : `, in use by ${home.sessions} session${home.sessions === 1 ? '' : 's'}`;
    return `home in ${where}: ${homeSize(home)}${used}`;
  });
}

/** One line for each file of a login. */
export function loginLines(login: readonly KeptLogin[]): string[] {
  return login.map(({ path, bytes }) => `login ${visible(path)}: ${sizeText(bytes)}`);
}

/** How much is in a home, or in several. */
export function homeSize({ bytes, files, complete }: Pick<AgentHome, 'bytes' | 'files' | 'complete'>): string {
  return `${complete ? '' : 'at least '}${sizeText(bytes)} in ${files} file${files === 1 ? '' : 's'}`;
}

/** A workspace is known by its real path; one that was removed since by the path it had. */
async function realFolder(terminal: Terminal, folder: string): Promise<string> {
  const path = resolve(terminal.cwd, folder);
  return realpath(path).catch(() => path);
}

async function agreed(terminal: Terminal, options: ResetOptions): Promise<boolean> {
  if (options.yes === true) return true;
  if (options.json === true) throw new UsageError('--json asks nobody.', 'Say --yes too.');
  if (terminal.stdin.isTTY !== true || terminal.stdout.isTTY !== true) {
    throw operatingError('approval_refused', 'Nothing was removed, since nobody could be asked.', {
      remedy: 'Run it in a terminal, or with --yes.',
    });
  }
  const answer = await readLine(terminal, 'Type yes to remove it: ');
  if (answer?.trim().toLowerCase() === 'yes') return true;
  notice(terminal, 'nothing was removed.');
  return false;
}

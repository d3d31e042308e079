import { dirname, resolve } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { visible } from '#contract/text/visible.ts';
import { statePaths } from '../../adapters/control/paths.ts';
import {
  readSetupRecord,
  readShims,
  removeShims,
  writeSetupRecord,
  writeShims,
} from '../../adapters/shims/shim-folder.ts';
import {
  listStartUpFiles,
  makeFolders,
  type ReadFile,
  readStartUpFile,
  removeFolders,
  removeStartUpFile,
  type StartUpFile,
  writeStartUpFile,
} from '../../adapters/shims/start-up-files.ts';
import { buildShim, shimVariables } from '../../core/shims/shim-script.ts';
import { addBlock, blockOf, hasBlock, pathLine, removeBlock } from '../../core/shims/start-up-block.ts';
import { exitStatus } from '../failure.ts';
import { type FoundAgent, findAgents } from '../find-agents.ts';
import { readLine } from '../prompt/read-line.ts';
import { homePath } from '../render/home-path.ts';
import { wrap } from '../render/width.ts';
import { ownProgram, shimStates, shimWords } from '../shim-status.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Options of `gatehouse setup` as the command line gives them. */
export interface SetupOptions {
  readonly agents?: string;
  readonly dir?: string;
  readonly remove?: boolean;
  readonly status?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** One start-up file that would change: what it held, and what it will hold; undefined when it goes. */
interface FileChange {
  readonly file: StartUpFile;
  readonly read: Exclude<ReadFile, { why: string }>;
  readonly after: string | undefined;
  /** The lines that come or go, for the person. */
  readonly lines: readonly string[];
}

/** A start-up file that stays as it is, and why. */
interface Untouched {
  readonly file: StartUpFile;
  readonly why: string;
  readonly line?: string;
}

/** Puts shims on the PATH, takes them back, or says how they stand. */
export async function setup(terminal: Terminal, options: SetupOptions): Promise<number> {
  const folder =
    options.dir === undefined ? statePaths(terminal.environment).shims : resolve(terminal.cwd, options.dir);
  if (options.status === true) return status(terminal, folder, options);
  return options.remove === true ? takeBack(terminal, folder, options) : putUp(terminal, folder, options);
}

async function status(terminal: Terminal, folder: string, options: SetupOptions): Promise<number> {
  const states = await shimStates(terminal, folder);
  const files = await changed(terminal, folder, 'remove');
  if (options.json === true) {
    for (const each of states) printJson(terminal, { type: 'shim', ...each });
    for (const { read } of files.changes) printJson(terminal, { type: 'file', path: read.real });
    return exitStatus.ok;
  }
  if (states.length === 0) notice(terminal, 'there are no shims; `gatehouse setup` makes them.');
  for (const state of states) {
    terminal.stdout.write(`${shimWords(state, terminal.home)}\n`);
    if (state.remedy !== undefined) terminal.stdout.write(`  → ${visible(state.remedy)}\n`);
  }
  for (const { read } of files.changes)
    terminal.stdout.write(`Lines of ours in ${homePath(read.real, terminal.home)}\n`);
  return exitStatus.ok;
}

async function putUp(terminal: Terminal, folder: string, options: SetupOptions): Promise<number> {
  const agents = chooseAgents(await findAgents(terminal.environment['PATH'] ?? ''), options.agents);
  const shims = new Map(agents.map((agent) => [agent.command, shimText(terminal, agent.command)]));
  const { changes, untouched } = await changed(terminal, folder, 'add');
  const say = (text: string) => terminal.stdout.write(`${text}\n`);
  say(`Shims in ${homePath(folder, terminal.home)}, each of which starts the program inside walls:`);
  for (const { command, path } of agents) say(`  ${command.padEnd(12)} ${homePath(path, terminal.home)}`);
  tellChanges(terminal, changes, 'Lines at the end of');
  tellUntouched(terminal, untouched);
  if (changes.length === 0) say('\nNo start-up file has to change.');
  if (options.dryRun === true) return exitStatus.ok;
  if (!(await agreed(terminal, options))) return exitStatus.no;
  await apply(folder, shims, changes);
  say(`\n${wrap(doneWords(changes), terminal.screen.columns).join('\n')}`);
  return exitStatus.ok;
}

/** What was made is remembered even when a later step fails, so that it can be taken back. */
async function apply(
  folder: string,
  shims: ReadonlyMap<string, string>,
  changes: readonly FileChange[],
): Promise<void> {
  const record = await readSetupRecord(folder);
  const folders = new Set([...(record?.folders ?? []), ...(await makeFolders(folder))]);
  const files = new Set(record?.files ?? []);
  try {
    await writeShims(folder, shims);
    for (const change of changes) {
      files.add(change.file.path);
      for (const made of await changeFile(change)) folders.add(made);
    }
  } finally {
    await writeSetupRecord(folder, { v: 1, folders: [...folders], files: [...files] });
  }
}

/** Resolves with the folders that were made for it. */
async function changeFile({ read, after }: FileChange): Promise<string[]> {
  try {
    if (after !== undefined) return await writeStartUpFile(read, after);
    await removeStartUpFile(read);
    return [];
  } catch (cause) {
    throw operatingError('state_unusable', `${read.real} could not be changed.`, {
      why: `${cause instanceof Error ? cause.message : String(cause)}.`,
      remedy: 'Run it again; `gatehouse setup --remove` takes back what was done so far.',
      cause,
    });
  }
}

async function takeBack(terminal: Terminal, folder: string, options: SetupOptions): Promise<number> {
  const shims = await readShims(folder);
  const record = await readSetupRecord(folder);
  const { changes, untouched } = await changed(terminal, folder, 'remove', record?.files);
  const say = (text: string) => terminal.stdout.write(`${text}\n`);
  if (shims.length === 0 && changes.length === 0 && record === undefined && untouched.length === 0) {
    notice(terminal, 'there is nothing of setup to take back.');
    return exitStatus.ok;
  }
  say(`Shims that go: ${shims.map(({ command }) => command).join(', ') || 'none'}`);
  tellChanges(terminal, changes, 'Lines that go from');
  tellUntouched(terminal, untouched);
  if (options.dryRun === true) return exitStatus.ok;
  if (!(await agreed(terminal, options))) return exitStatus.no;
  for (const change of changes) await changeFile(change);
  await removeShims(folder);
  await removeFolders(record?.folders ?? [dirname(folder)]);
  say('\nEverything of setup is gone. Terminals that are open find no shim from now on.');
  return untouched.length === 0 ? exitStatus.ok : exitStatus.no;
}

/** What would change of which start-up files. A file that a link names twice changes once. */
async function changed(
  terminal: Terminal,
  folder: string,
  how: 'add' | 'remove',
  known: readonly string[] = [],
): Promise<{ changes: FileChange[]; untouched: Untouched[] }> {
  const listed = listStartUpFiles(terminal);
  const others = known
    .filter((path) => listed.every((each) => each.path !== path))
    .map((path): StartUpFile => ({ path, syntax: 'posix', seen: 'new terminal', reader: 'a shell', wanted: false }));
  const changes = new Map<string, FileChange>();
  const untouched: Untouched[] = [];
  for (const file of [...listed, ...others].filter(({ wanted }) => how === 'remove' || wanted)) {
    const line = pathLine(folder, file.syntax);
    const read = await readStartUpFile(file.path);
    const given = typeof line === 'string' && { line };
    if ('why' in read) {
      // To be taken back is only what was written.
      if (how === 'add' || known.includes(file.path)) untouched.push({ file, why: read.why, ...given });
      continue;
    }
    if (how === 'remove' && (read.text === undefined || !hasBlock(read.text))) continue;
    const after =
      how === 'remove' ? removeBlock(read.text ?? '') : typeof line === 'string' ? added(read.text, line) : line;
    if (typeof after === 'object') untouched.push({ file, why: after.why, ...given });
    else if (after !== read.text && !changes.has(read.real)) {
      const lines = blockOf(how === 'remove' ? (read.text ?? '') : (after ?? ''));
      changes.set(read.real, { file, read, after, lines });
    }
  }
  return { changes: [...changes.values()], untouched };
}

/** Start-up files are handled byte for byte, as Latin-1; our own lines are UTF-8. */
function added(before: string | undefined, line: string): ReturnType<typeof addBlock> {
  return addBlock(before, Buffer.from(line, 'utf8').toString('latin1'));
}

function tellChanges(terminal: Terminal, changes: readonly FileChange[], what: string): void {
  for (const { file, read, lines, after } of changes) {
    const link = read.real === file.path ? '' : `, which is ${homePath(read.real, terminal.home)}`;
    const goes = after === undefined ? ' (the file goes, since setup made it)' : '';
    const comes = read.text === undefined ? ' (a new file)' : '';
    terminal.stdout.write(
      `\n${what} ${homePath(file.path, terminal.home)}${link}, for ${file.reader}${comes}${goes}:\n`,
    );
    for (const line of lines) terminal.stdout.write(`  ${visible(line)}\n`);
  }
}

function tellUntouched(terminal: Terminal, untouched: readonly Untouched[]): void {
  for (const { file, why, line } of untouched) {
    terminal.stdout.write(`\n${homePath(file.path, terminal.home)} stays as it is: ${visible(why)}.\n`);
    if (line !== undefined) terminal.stdout.write(`  Its line, for you to add or remove:\n  ${visible(line)}\n`);
  }
}

function doneWords(changes: readonly FileChange[]): string {
  const login = changes.some(({ file }) => file.seen === 'next login');
  const terminals = 'Terminals that you open from now on find the shims';
  return login
    ? `${terminals}; what the desktop starts (an IDE from its menu) finds them after you have logged in anew. \`gatehouse setup --status\` says how they stand, \`gatehouse setup --remove\` takes everything back.`
    : `${terminals}. \`gatehouse setup --status\` says how they stand.`;
}

async function agreed(terminal: Terminal, options: SetupOptions): Promise<boolean> {
  if (options.yes === true) return true;
  if (terminal.stdin.isTTY !== true || terminal.stdout.isTTY !== true) {
    throw operatingError('approval_refused', 'Nothing was changed, since nobody could be asked.', {
      remedy: 'Run it in a terminal, or with --yes.',
    });
  }
  const answer = await readLine(terminal, '\nType yes to do so: ');
  if (answer?.trim().toLowerCase() === 'yes') return true;
  notice(terminal, 'nothing was changed.');
  return false;
}

function chooseAgents(found: readonly FoundAgent[], wanted: string | undefined): FoundAgent[] {
  if (wanted === undefined) {
    if (found.length > 0) return [...found];
    throw operatingError(
      'not_found',
      'None of the agents we know is on this PATH, so there is nothing to make a shim for.',
      {
        remedy: 'Install one, then run setup again. Any other command runs with `gatehouse run -- COMMAND`.',
      },
    );
  }
  return wanted.split(',').map((name) => {
    const agent = found.find(({ id, command }) => name.trim() === id || name.trim() === command);
    if (agent !== undefined) return agent;
    const names = found.map(({ command }) => command).join(', ') || 'none';
    throw new UsageError(`There is no agent ${JSON.stringify(name)} on this PATH.`, `Found are: ${names}.`);
  });
}

function shimText(terminal: Terminal, command: string): string {
  const variables = Object.fromEntries(
    shimVariables.flatMap((name) => {
      const value = terminal.environment[name];
      return value === undefined || value === '' ? [] : [[name, value] as const];
    }),
  );
  return buildShim({ command, ...ownProgram(), variables });
}

import { changedFiles } from '#contract/changed-file.ts';
import { operatingError } from '#contract/operating-error.ts';
import { type DiffBase, diffPathsMax, type FileDiff } from '#contract/session-diff.ts';
import { baseWords, changeWord, diffNotes } from '#contract/text/diff-words.ts';
import { visible } from '#contract/text/visible.ts';
import type { ControlClient } from '../../adapters/control/client.ts';
import { withControl } from '../connection.ts';
import { paintedLine } from '../render/diff-lines.ts';
import type { Screen, Tone } from '../render/screen.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';

/** Changes that are looked through for the files they are about, the newest first. */
const changesMax = 10_000;

/** Shows what changed in files of a session's folder since it began: all that the record names, or those that are asked for. */
export async function diff(
  terminal: Terminal,
  id: string,
  paths: readonly string[],
  { json, stat }: { readonly json?: boolean; readonly stat?: boolean },
): Promise<number> {
  return withControl(terminal, async (control) => {
    const session = await findSession(control, id);
    const wanted = paths.length > 0 ? paths : await changedPaths(terminal, control, session);
    if (wanted.length === 0 && json !== true) notice(terminal, 'no file of its folder changed while it ran.');
    let said = false;
    for await (const { base, file } of diffs(control, session, wanted, stat === true)) {
      if (json === true) {
        printJson(terminal, { session, base, ...file });
        continue;
      }
      if (!said) terminal.stdout.write(`${terminal.screen.paint('dim', baseWords(base))}\n`);
      said = true;
      const lines = stat === true ? [headLine(file, terminal.screen)] : fileLines(file, terminal.screen);
      terminal.stdout.write(`${lines.join('\n')}\n`);
    }
    return 0;
  });
}

/** The whole id. One that no list has any more may be in the record. */
async function findSession(control: ControlClient, id: string): Promise<string> {
  const { sessions } = await control.call('session.list', { all: true });
  const found = sessions.filter((session) => session.id.startsWith(id));
  const session = found.find((each) => each.id === id) ?? found[0];
  if (session !== undefined && (found.length === 1 || session.id === id)) return session.id;
  if (session === undefined) {
    const { events } = await control.call('log.query', { query: 'kind:session.starting', session: id, limit: 1 });
    if (events.length > 0) return id;
  }
  const what = session === undefined ? `There is no session ${id}.` : `${id} could be any of ${found.length} sessions.`;
  throw operatingError('not_found', what, { remedy: '`gatehouse sessions --all` shows their ids.' });
}

async function changedPaths(terminal: Terminal, control: ControlClient, session: string): Promise<string[]> {
  const query = { query: 'kind:workspace.changed', session, limit: changesMax };
  const { events, more } = await control.call('log.query', query);
  if (more) notice(terminal, `it changed files more than ${changesMax} times; files of the last of them are shown.`);
  return changedFiles(events).map(({ path }) => path);
}

/** Asks as often as it takes: one answer holds a bounded number of files and lines. */
async function* diffs(
  control: ControlClient,
  session: string,
  wanted: readonly string[],
  countsOnly: boolean,
): AsyncGenerator<{ readonly base: DiffBase; readonly file: FileDiff }> {
  for (let left = [...wanted]; left.length > 0; ) {
    const asked = left.slice(0, diffPathsMax);
    const { base, files, rest } = await control.call('session.diff', { session, paths: asked, countsOnly });
    for (const file of files) yield { base, file };
    left = [...rest, ...left.slice(diffPathsMax)];
  }
}

const tones: Readonly<Record<string, Tone>> = { created: 'good', deleted: 'bad' };

function headLine(file: FileDiff, { paint }: Screen): string {
  const word = changeWord(file);
  const { added, removed } = file;
  const counts = added === undefined || removed === undefined ? '' : `  +${added} −${removed}`;
  return `${paint(tones[word] ?? 'warn', word.padEnd(7))}  ${paint('strong', visible(file.path))}${paint('dim', counts)}`;
}

function fileLines(file: FileDiff, screen: Screen): string[] {
  const hunks = file.hunks.flatMap(({ oldStart, newStart, lines }) => {
    const range = (start: number, other: string) => {
      const count = lines.filter(({ sign }) => sign !== other).length;
      return `${count === 0 ? start - 1 : start},${count}`;
    };
    const where = `@@ -${range(oldStart, '+')} +${range(newStart, '-')} @@`;
    return [
      screen.paint('dim', where),
      ...lines.flatMap(({ sign, text, cut, endless }) => [
        ...paintedLine(`${sign}${text}${cut === undefined ? '' : `… and ${cut} more characters`}`, screen),
        ...(endless === true ? [screen.paint('dim', '  (no newline at its end)')] : []),
      ]),
    ];
  });
  return ['', headLine(file, screen), ...diffNotes(file).map((note) => screen.paint('dim', note)), ...hunks];
}

import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Machine } from '../machine.ts';
import { type Group, groups, type NumberedAttempt } from './attempt.ts';
import type { ContestantName } from './contestants.ts';
import type { Judged, Outcome } from './run-attempt.ts';

/** Who ran the transcript: the walls of a root caller are built differently. */
export type Caller = 'root' | 'user';

/** One line of a results file. */
interface Line {
  readonly id: string;
  readonly group: Group;
  readonly what: string;
  readonly seen: string;
  readonly outcomes: Readonly<Partial<Record<ContestantName, Outcome>>>;
  readonly notes: Readonly<Partial<Record<ContestantName, string>>>;
}

export interface TranscriptResult {
  readonly caller: Caller;
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly versions: Readonly<Partial<Record<ContestantName, string>>>;
  readonly lines: readonly Line[];
}

const results = path.join(import.meta.dirname, '../results');
const readme = path.join(import.meta.dirname, '../README.md');
const marks = ['<!-- transcript: written by `npm run bench -- transcript` -->', '<!-- end of transcript -->'] as const;
const sandboxes = ['gatehouse', 'srt', 'codex'] as const;
const callers = ['root', 'user'] as const;

export type Outcomes = ReadonlyMap<string, Readonly<Partial<Record<ContestantName, Judged>>>>;

/** What the control did not reach proves nothing, whoever stops it. */
export function toLines(attempts: readonly NumberedAttempt[], outcomes: Outcomes): Line[] {
  return attempts.map(({ id, group, what, seen }) => {
    const judged = outcomes.get(id) ?? {};
    const possible = judged.bare?.outcome === 'through';
    const entries = Object.entries(judged) as [ContestantName, Judged][];
    return {
      id,
      group,
      what,
      seen,
      outcomes: Object.fromEntries(
        entries.map(([name, one]) => [name, possible || name === 'bare' ? one.outcome : 'n/a']),
      ),
      notes: Object.fromEntries(
        entries.flatMap(([name, { outcome, note }]) => {
          const why =
            note ?? (name === 'bare' && outcome === 'blocked' ? 'not possible on this machine even without walls' : '');
          return why === '' ? [] : [[name, why]];
        }),
      ),
    };
  });
}

export async function saveTranscript(result: TranscriptResult): Promise<void> {
  await mkdir(results, { recursive: true });
  await writeFile(path.join(results, `transcript-${result.caller}.json`), `${JSON.stringify(result, undefined, 1)}\n`);
}

/** Writes the tables of both callers into the README. */
export async function writeTranscript(): Promise<void> {
  const found = await Promise.all(
    callers.map(async (caller): Promise<TranscriptResult | undefined> => {
      const text = await readFile(path.join(results, `transcript-${caller}.json`), 'utf8').catch(() => undefined);
      return text === undefined ? undefined : JSON.parse(text);
    }),
  );
  const all = found.filter((result) => result !== undefined);
  const text = await readFile(readme, 'utf8');
  const [before, rest = ''] = text.split(marks[0]);
  const [, after] = rest.split(marks[1]);
  if (after === undefined) throw new Error('the README has lost the marks between which the transcript goes');
  await writeFile(readme, `${before}${marks[0]}\n\n${tables(all)}\n\n${marks[1]}${after}`);
}

function tables(all: readonly TranscriptResult[]): string {
  const rows = joinLines(all);
  const lost = rows.filter((row) => says(row, 'gatehouse', 'through'));
  const others = rows.filter((row) => !lost.includes(row) && sandboxes.some((name) => says(row, name, 'through')));
  const unproven = rows.filter((row) => row.outcomes.every((one) => one.outcomes.bare !== 'through'));
  return [
    ...all.map(summary),
    `**Where Gatehouse loses (${lost.length})**\n\n${table(lost)}`,
    `**Where a peer loses and Gatehouse does not (${others.length})**\n\n${table(others)}`,
    `Not possible here even without walls, so they count for nobody: ${unproven.map(({ id, what }) => `${id} ${what}`).join('; ') || 'none'}.`,
  ].join('\n\n');
}

function summary({ caller, lines, versions, measuredAt, machine }: TranscriptResult): string {
  const head = ['group', 'attempts', 'stopped by Gatehouse', 'srt', 'codex'];
  const body = groups.map((group) => {
    const counted = lines.filter((line) => line.group === group && line.outcomes.bare === 'through');
    return [group, String(counted.length), ...sandboxes.map((name) => stopped(counted, name))];
  });
  const counted = lines.filter((line) => line.outcomes.bare === 'through');
  const total = ['**all**', String(counted.length), ...sandboxes.map((name) => stopped(counted, name))];
  const who = caller === 'root' ? 'As root' : 'As an ordinary user';
  return (
    `${who}:\n\n${lineTable([head, ...body, total])}\n\n` +
    `${measuredAt.slice(0, 10)}; srt ${versions.srt ?? ''}, codex ${versions.codex ?? ''}; ${machine.kernel}, Node ${machine.node}.`
  );
}

/** `70 of 72`; what a contestant has nothing of is not counted for it. */
function stopped(lines: readonly Line[], name: ContestantName): string {
  const tried = lines.filter((line) => line.outcomes[name] === 'blocked' || line.outcomes[name] === 'through');
  const blocked = tried.filter((line) => line.outcomes[name] === 'blocked');
  return tried.length === 0 ? '' : `${blocked.length} of ${tried.length}`;
}

interface Joined {
  readonly id: string;
  readonly what: string;
  readonly seen: string;
  readonly outcomes: readonly { readonly caller: Caller; readonly outcomes: Line['outcomes'] }[];
}

function joinLines(all: readonly TranscriptResult[]): Joined[] {
  const ids = new Map<string, Line>(all.flatMap(({ lines }) => lines.map((line) => [line.id, line])));
  return [...ids.values()].map(({ id, what, seen }) => ({
    id,
    what,
    seen,
    outcomes: all.flatMap(({ caller, lines }) =>
      lines.filter((line) => line.id === id).map(({ outcomes }) => ({ caller, outcomes })),
    ),
  }));
}

function says(row: Joined, name: ContestantName, outcome: Outcome): boolean {
  return row.outcomes.some(({ outcomes }) => outcomes[name] === outcome);
}

function table(rows: readonly Joined[]): string {
  if (rows.length === 0) return 'None.';
  const head = ['', 'attempt', 'seen by', 'Gatehouse', 'srt', 'codex'];
  return lineTable([
    head,
    ...rows.map((row) => [row.id, row.what, row.seen, ...sandboxes.map((name) => cell(row, name))]),
  ]);
}

/** One word when both callers agree. */
function cell(row: Joined, name: ContestantName): string {
  const found = row.outcomes.map(({ caller, outcomes }) => ({ caller, outcome: outcomes[name] ?? 'n/a' }));
  const [first] = found;
  if (first === undefined) return '';
  const emphasised = (outcome: Outcome) => (outcome === 'through' ? '**through**' : outcome);
  if (found.every(({ outcome }) => outcome === first.outcome)) return emphasised(first.outcome);
  return found.map(({ caller, outcome }) => `${caller}: ${emphasised(outcome)}`).join(', ');
}

function lineTable([head = [], ...body]: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...body].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

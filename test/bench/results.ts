import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Figure, isMet, type Row } from './figure.ts';
import type { Machine } from './machine.ts';
import { rounded } from './statistics.ts';

/** A figure's last measurement, as kept in `results/`. */
export interface Result {
  readonly name: string;
  readonly title: string;
  readonly measuredAt: string;
  readonly machine: Machine;
  readonly peerVersion: string;
  /** Load averages of one minute. */
  readonly loadBefore: number;
  readonly loadAfter: number;
  readonly rows: readonly Row[];
}

const folder = path.join(import.meta.dirname, 'results');
const readme = path.join(import.meta.dirname, 'README.md');
const marks = ['<!-- results: written by `npm run bench` -->', '<!-- end of results -->'] as const;

export async function saveResult(result: Result): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(path.join(folder, `${result.name}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
}

/** Writes the tables of every result into the README, in the order of `figures`. */
export async function writeTables(figures: readonly Figure[]): Promise<void> {
  const tables: string[] = [];
  for (const { name } of figures) {
    const text = await readFile(path.join(folder, `${name}.json`), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const result: Result = JSON.parse(text);
    const { machine, loadBefore, loadAfter } = result;
    tables.push(
      `### ${result.title}\n\n${tableText(result.rows)}\n\n` +
        `${result.measuredAt.slice(0, 10)}, load average ${loadBefore} before and ${loadAfter} after; ${machine.kernel}, ` +
        `${machine.cores} × ${machine.processor}, ${machine.memoryGiB} GiB; Node ${machine.node}.`,
    );
  }
  const text = await readFile(readme, 'utf8');
  const [before, rest = ''] = text.split(marks[0]);
  const [, after] = rest.split(marks[1]);
  if (after === undefined) throw new Error('the README has lost the marks between which the results go');
  await writeFile(readme, `${before}${marks[0]}\n\n${tables.join('\n\n')}\n\n${marks[1]}${after}`);
}

/** A Markdown table; also what is printed. */
export function tableText(rows: readonly Row[]): string {
  const lines = rows.map((row) => {
    const met = isMet(row);
    const target = row.target === undefined ? '' : `${row.target.at === 'most' ? '≤' : '≥'} ${row.target.value}`;
    const verdict = met === undefined ? '' : met ? ' ✓' : ' ✗';
    const numbers = [row.measured, row.peer, row.bare].map((value) => (value === undefined ? '' : rounded(value)));
    return [row.what, row.unit, `${target}${verdict}`, ...numbers, row.runs, row.note ?? ''];
  });
  const head = ['what', 'unit', 'target', 'Gatehouse', 'peer', 'bare', 'runs', 'note'];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

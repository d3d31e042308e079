import { createWriteStream } from 'node:fs';
import path from 'node:path';
import type { AuditEvent } from '#contract/audit.ts';
import { operatingError } from '#contract/operating-error.ts';
import { statePaths } from '../../adapters/control/paths.ts';
import { openAuditReader } from '../../adapters/sqlite/audit-reader.ts';
import { openResumable, type ResumableOutput } from '../../adapters/state/export-file.ts';
import { csvHeader, csvLine } from '../../core/audit/csv.ts';
import { genesisHash } from '../../core/audit/entry.ts';
import type { AuditReader } from '../../core/audit/log.ts';
import { ocsfEvent } from '../../core/audit/ocsf.ts';
import { ExportProgress } from '../export-progress.ts';
import { exitStatus } from '../failure.ts';
import { auditWorkerPath, version } from '../program-files.ts';
import { lookUpQueryText } from '../saved-searches.ts';
import { notice, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { writeAll } from '../write-all.ts';

/** Options of `gatehouse log export`. */
export interface ExportOptions {
  readonly format: string;
  readonly out?: string;
  readonly after?: string;
  readonly resume?: string;
  readonly quiet?: boolean;
}

/** Entries read at once: what is in memory. */
const pageEntries = 2000;
/** How often the resume file is written; what came after it is written again by the next export. */
const keepEveryMs = 250;

const formats: Readonly<Record<string, (event: AuditEvent) => string>> = {
  jsonl: (event) => `${JSON.stringify(event)}\n`,
  csv: csvLine,
  ocsf: (event) => `${JSON.stringify(ocsfEvent(event, { version }))}\n`,
};

/** Where events go. */
type Output = Omit<ResumableOutput, 'point'>;

/**
 * Writes every event that matches, oldest first, page by page; whoever reads the output sets the pace. With `--resume` the
 * next export goes on where this one ended, however it ended; otherwise the last line on standard error says where.
 */
export async function exportLog(terminal: Terminal, words: readonly string[], options: ExportOptions): Promise<number> {
  const write = formats[options.format];
  if (write === undefined)
    throw new UsageError(`There is no format "${options.format}".`, 'Known are jsonl, csv and ocsf.');
  assertOptions(options);
  const query = await lookUpQueryText(terminal, words);
  const reader = await openAuditReader({
    path: statePaths(terminal.environment).auditDatabase,
    workerPath: auditWorkerPath,
  });
  try {
    const { output, after } = await openOutput(terminal, options, query, reader);
    const progress = new ExportProgress(terminal, options.quiet === true);
    try {
      if (options.format === 'csv' && output.isNew) await output.write(csvHeader());
      const last = await copy({ reader, query, after, write, output, progress });
      progress.end();
      if (options.quiet !== true) notice(terminal, endText(progress, last, options));
    } finally {
      await output.close();
    }
  } finally {
    await reader.close();
  }
  return exitStatus.ok;
}

async function copy(given: {
  readonly reader: AuditReader;
  readonly query: string;
  readonly after: number;
  readonly write: (event: AuditEvent) => string;
  readonly output: Output;
  readonly progress: ExportProgress;
}): Promise<number> {
  const { reader, query, write, output, progress } = given;
  let { after } = given;
  let kept = performance.now();
  for (let done = false; !done; ) {
    const page = await reader.read({ query, after, count: pageEntries });
    if (page.events.length > 0) await output.write(page.events.map(write).join(''));
    after = page.through;
    done = page.done;
    progress.add(page.events, after);
    if (!done && performance.now() - kept < keepEveryMs) continue;
    await output.keep(after, await hashOf(reader, after));
    kept = performance.now();
  }
  return after;
}

function assertOptions({ after, resume, out }: ExportOptions): void {
  if (after !== undefined && !/^\d{1,15}$/u.test(after)) throw new UsageError(`"${after}" is not a number of the log.`);
  if (resume === undefined) return;
  if (out === undefined) {
    throw new UsageError('--resume needs --out.', 'What standard output did with the events cannot be known.');
  }
  if (after !== undefined) throw new UsageError('--resume knows where to go on.', 'Leave --after out.');
}

async function openOutput(
  terminal: Terminal,
  options: ExportOptions,
  query: string,
  reader: AuditReader,
): Promise<{ output: Output; after: number }> {
  const after = Number(options.after ?? 0);
  if (options.out === undefined) {
    return { after, output: { ...plain(terminal.stdout, after === 0), close: async () => {} } };
  }
  const out = path.resolve(terminal.cwd, options.out);
  if (options.resume === undefined) {
    const stream = createWriteStream(out, { flags: after === 0 ? 'w' : 'a', mode: 0o600 });
    return { after, output: plain(stream, after === 0) };
  }
  const resumePath = path.resolve(terminal.cwd, options.resume);
  const { point, ...output } = await openResumable({ out, resumePath, format: options.format, query });
  if (point === undefined) return { output, after: 0 };
  try {
    await assertSameLog(reader, point, resumePath);
  } catch (error) {
    await output.close();
    throw error;
  }
  return { output, after: point.seq };
}

function plain(stream: NodeJS.WritableStream, isNew: boolean): Output {
  return {
    isNew,
    write: (text) => writeAll(stream, text),
    keep: async () => {},
    close: () => new Promise((resolve) => stream.end(() => resolve())),
  };
}

/** The entry at which the last export ended must be the same one, and so is everything before it: the chain says so. */
async function assertSameLog(
  reader: AuditReader,
  { seq, hash }: { readonly seq: number; readonly hash: string },
  resumePath: string,
): Promise<void> {
  const last = await reader.count();
  if (last >= seq && (await hashOf(reader, seq)) === hash) return;
  throw operatingError('audit_damaged', 'This is not the log that was exported before.', {
    why: last < seq ? `It ends at entry ${last}; entry ${seq} was exported.` : `Entry ${seq} is another one now.`,
    remedy: `Run \`gatehouse log verify\`. If another log is meant, use another file than ${resumePath}.`,
  });
}

async function hashOf(reader: AuditReader, seq: number): Promise<string> {
  return seq === 0 ? genesisHash : ((await reader.get(seq))?.hash ?? genesisHash);
}

function endText({ events, erased }: ExportProgress, last: number, options: ExportOptions): string {
  const without = erased === 0 ? '' : `, of ${erased} only that they happened, since their content was erased`;
  const next = options.resume === undefined ? `go on with --after ${last}` : `the same command goes on after ${last}`;
  return `exported ${events} events${without}; ${next}`;
}

import { createWriteStream } from 'node:fs';
import path from 'node:path';
import type { AuditEvent } from '#contract/audit.ts';
import { statePaths } from '../../adapters/control/paths.ts';
import { openAuditReader } from '../../adapters/sqlite/audit-reader.ts';
import { csvHeader, csvLine } from '../../core/audit/csv.ts';
import { ocsfEvent } from '../../core/audit/ocsf.ts';
import { exitStatus } from '../failure.ts';
import { auditWorkerPath, version } from '../program-files.ts';
import { notice, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { writeAll } from '../write-all.ts';

/** Options of `gatehouse log export`. */
export interface ExportOptions {
  readonly format: string;
  readonly out?: string;
  readonly after?: string;
}

/** Entries read at once: what is in memory. */
const pageEntries = 2000;

const formats: Readonly<Record<string, (event: AuditEvent) => string>> = {
  jsonl: (event) => `${JSON.stringify(event)}\n`,
  csv: csvLine,
  ocsf: (event) => `${JSON.stringify(ocsfEvent(event, { version }))}\n`,
};

/**
 * Writes every event that matches, oldest first, page by page; the reader's pace is ours. The last line on standard
 * error says where the next export goes on.
 */
export async function exportLog(terminal: Terminal, words: readonly string[], options: ExportOptions): Promise<number> {
  const write = formats[options.format];
  if (write === undefined)
    throw new UsageError(`There is no format "${options.format}".`, 'Known are jsonl, csv and ocsf.');
  if (options.after !== undefined && !/^\d{1,15}$/u.test(options.after)) {
    throw new UsageError(`"${options.after}" is not a number of the log.`);
  }
  const reader = await openAuditReader({
    path: statePaths(terminal.environment).auditDatabase,
    workerPath: auditWorkerPath,
  });
  let after = Number(options.after ?? 0);
  let exported = 0;
  const output =
    options.out === undefined
      ? terminal.stdout
      : createWriteStream(path.resolve(terminal.cwd, options.out), { flags: after === 0 ? 'w' : 'a', mode: 0o600 });
  try {
    if (options.format === 'csv' && after === 0) await writeAll(output, csvHeader());
    for (let done = false; !done; ) {
      const page = await reader.read({ query: words.join(' '), after, count: pageEntries });
      if (page.events.length > 0) await writeAll(output, page.events.map(write).join(''));
      exported += page.events.length;
      after = page.through;
      done = page.done;
      if (terminal.errorScreen.terminal) terminal.stderr.write(`\r${exported} events, up to number ${after} `);
    }
    if (output !== terminal.stdout) await new Promise<void>((resolve) => output.end(() => resolve()));
  } finally {
    await reader.close();
  }
  if (terminal.errorScreen.terminal) terminal.stderr.write('\r');
  notice(terminal, `exported ${exported} events; go on with --after ${after}`);
  return exitStatus.ok;
}

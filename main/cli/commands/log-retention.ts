import type { Result } from '#contract/api.ts';
import type { Retention } from '#contract/record.ts';
import { sizeText } from '#contract/text/size.ts';
import { relativeText, wholeSpanText } from '#contract/text/span.ts';
import { withControl } from '../connection.ts';
import { exitStatus } from '../failure.ts';
import { parseDurationMs } from '../parse/duration.ts';
import { parseMoment } from '../parse/moment.ts';
import { parseSizeBytes } from '../parse/size.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

interface JsonOption {
  readonly json?: boolean;
}

/** Erases the content of what is older, on record; or says what would go. */
export async function compactLog(
  terminal: Terminal,
  before: string,
  options: JsonOption & { readonly dryRun?: boolean },
): Promise<number> {
  const at = parseMoment(before, terminal.nowMs());
  const dryRun = options.dryRun === true;
  const result = await withControl(terminal, (control) => control.call('log.compact', { before: at, dryRun }));
  const { through, erased, bytes } = result;
  if (options.json === true) printJson(terminal, result);
  else if (through === 0) notice(terminal, `nothing on record is older than ${at}.`);
  else if (dryRun) {
    terminal.stdout.write(
      `Would erase the content of ${erased} events, ${sizeText(bytes ?? 0)}, up to number ${through}.\n`,
    );
  } else terminal.stdout.write(`Erased the content of ${erased} events, up to number ${through}.\n`);
  return exitStatus.ok;
}

/** Says what is set and how much content there is. */
export async function showRetention(terminal: Terminal, options: JsonOption): Promise<number> {
  const result = await withControl(terminal, (control) => control.call('log.retention', {}));
  if (options.json === true) printJson(terminal, result);
  else terminal.stdout.write(`${boundsText(result.retention)}\n${contentText(terminal, result)}`);
  return exitStatus.ok;
}

interface Bounds {
  readonly keep?: string;
  readonly maxSize?: string;
}

/** Sets how long content is kept. */
export async function setRetention(terminal: Terminal, bounds: Bounds, options: JsonOption): Promise<number> {
  checkBounds(bounds);
  return keep(terminal, bounds, options);
}

/** Everything is kept from now on. */
export function endRetention(terminal: Terminal, options: JsonOption): Promise<number> {
  return keep(terminal, {}, options);
}

async function keep(terminal: Terminal, bounds: Bounds, options: JsonOption): Promise<number> {
  const retention: Retention = {
    ...(bounds.keep === undefined ? {} : { keepMs: parseDurationMs(bounds.keep) }),
    ...(bounds.maxSize === undefined ? {} : { bytesMax: parseSizeBytes(bounds.maxSize) }),
  };
  const result = await withControl(terminal, (control) => control.call('log.retention.set', { retention }));
  if (options.json === true) printJson(terminal, result);
  else {
    terminal.stdout.write(`${boundsText(result.retention)}\n`);
    if (result.erased > 0) {
      terminal.stdout.write(`Erased the content of ${result.erased} events, up to number ${result.through}.\n`);
    }
  }
  return exitStatus.ok;
}

/** At least one bound, and none so small that it must be a slip. */
function checkBounds({ keep, maxSize }: Bounds): void {
  if (keep === undefined && maxSize === undefined) {
    throw new UsageError('Say how long, or how much.', 'E.g. --keep 90d, or --max-size 2G; `off` keeps everything.');
  }
  if (keep !== undefined && parseDurationMs(keep) < 60_000) throw new UsageError('--keep is at least a minute.');
  if (maxSize !== undefined && parseSizeBytes(maxSize) < 4096) throw new UsageError('--max-size is at least 4K.');
}

/** Makes the search index anew. */
export async function reindexLog(terminal: Terminal, options: JsonOption): Promise<number> {
  const result = await withControl(terminal, (control) => control.call('log.reindex', {}));
  if (options.json === true) printJson(terminal, result);
  else terminal.stdout.write(`The search index was made anew over ${result.entries} entries.\n`);
  return exitStatus.ok;
}

function boundsText({ keepMs, bytesMax }: Retention): string {
  if (keepMs === undefined && bytesMax === undefined) return 'All content is kept.';
  const bounds = [
    ...(keepMs === undefined ? [] : [`no longer than ${wholeSpanText(keepMs)}`]),
    ...(bytesMax === undefined ? [] : [`no more than ${sizeText(bytesMax)}`]),
  ];
  return `Content is kept ${bounds.join(', and ')}; that events happened stays on record.`;
}

function contentText(terminal: Terminal, { entries, bytes, oldestAt }: Result<'log.retention'>): string {
  const oldest = oldestAt === undefined ? '' : `, the oldest from ${relativeText(oldestAt, terminal.nowMs())}`;
  return `There is ${sizeText(bytes)} of it in ${entries} events${oldest}.\n`;
}

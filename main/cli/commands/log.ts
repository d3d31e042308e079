import type { Params } from '#contract/api.ts';
import type { AuditEvent } from '#contract/audit.ts';
import { withControl } from '../connection.ts';
import { exitStatus } from '../failure.ts';
import { followEvents } from '../follow-events.ts';
import { parseMoment } from '../parse/moment.ts';
import { eventLine, usualSessionCells } from '../render/event-lines.ts';
import { lookUpQueryText } from '../saved-searches.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Options of `gatehouse log` as the command line gives them. */
export interface LogOptions {
  readonly since?: string;
  readonly until?: string;
  readonly agent?: string;
  readonly session?: string;
  readonly limit?: string;
  readonly json?: boolean;
  readonly follow?: boolean;
  readonly save?: string;
  readonly facets?: boolean;
}

const limitDefault = 50;
const limitMax = 10_000;

/** Prints what is on record, oldest first, the newest nearest to the prompt. */
export async function log(terminal: Terminal, words: readonly string[], options: LogOptions): Promise<number> {
  if (options.save !== undefined) {
    const { saveSearch } = await import('./log-searches.ts');
    return saveSearch(terminal, options.save, words, options);
  }
  const params = buildQuery(terminal, await lookUpQueryText(terminal, words), options);
  if (options.facets === true) {
    const { facets } = await import('./log-facets.ts');
    return facets(terminal, params, options);
  }
  return options.follow === true ? follow(terminal, params, options) : list(terminal, params, options);
}

async function list(terminal: Terminal, params: Params<'log.query'>, options: LogOptions): Promise<number> {
  const { events, more } = await withControl(terminal, (control) => control.call('log.query', params));
  const inOrder = events.toReversed();
  const ids = new Set(inOrder.map(({ session }) => session));
  // One session needs no column: everything is its.
  const cells = ids.size > 1 ? Math.max(...[...ids].map((id) => id?.length ?? 1)) : 0;
  const print = printerFor(terminal, options, cells);
  for (const event of inOrder) print(event);
  if (options.json === true) return exitStatus.ok;
  if (inOrder.length === 0) notice(terminal, 'nothing on record matches.');
  else if (more) notice(terminal, `older events match too; --limit shows more than ${params.limit}.`);
  return exitStatus.ok;
}

async function follow(terminal: Terminal, params: Params<'log.query'>, options: LogOptions): Promise<number> {
  if (params.until !== undefined)
    throw new UsageError('--follow has no end, so --until cannot be met.', 'Leave one out.');
  return withControl(terminal, async (control) => {
    const { query, agent, session, since, limit } = params;
    const following = {
      query,
      tail: limit,
      ...(agent !== undefined && { agent }),
      ...(session !== undefined && { session }),
      ...(since !== undefined && { since }),
    };
    await followEvents(control, following, printerFor(terminal, options, usualSessionCells));
    await control.closed;
    notice(terminal, 'the supervisor went away.');
    return exitStatus.failed;
  });
}

function printerFor(terminal: Terminal, options: LogOptions, sessionCells: number): (event: AuditEvent) => void {
  if (options.json === true) return (event) => printJson(terminal, event);
  return (event) => terminal.stdout.write(eventLine(terminal.screen, event, terminal.nowMs(), sessionCells));
}

function buildQuery(terminal: Terminal, query: string, options: LogOptions): Params<'log.query'> {
  const limit = options.limit === undefined ? limitDefault : Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1 || limit > limitMax) {
    throw new UsageError(`--limit ${options.limit} is no number from 1 to ${limitMax}.`);
  }
  const params: Params<'log.query'> = { query, limit };
  if (options.since !== undefined) params.since = parseMoment(options.since, terminal.nowMs());
  if (options.until !== undefined) params.until = parseMoment(options.until, terminal.nowMs());
  if (options.agent !== undefined) params.agent = options.agent;
  if (options.session !== undefined) params.session = options.session;
  return params;
}

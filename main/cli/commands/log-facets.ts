import type { Params, Result } from '#contract/api.ts';
import { visible } from '#contract/text/visible.ts';
import { withControl } from '../connection.ts';
import { exitStatus } from '../failure.ts';
import { type Cell, renderTable } from '../render/table.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

type Facets = Result<'audit.facets'>;

/** Values of each field, unless `--limit` says otherwise. */
const valuesDefault = 10;
const valuesMax = 1000;

/** Hours of activity that are drawn. */
const hoursShown = 24;
const barCellsMax = 30;

/** Prints how often which values occur among the events of a query, or in the whole log. */
export async function facets(
  terminal: Terminal,
  { limit, ...query }: Params<'log.query'>,
  options: { readonly limit?: string; readonly json?: boolean; readonly follow?: boolean },
): Promise<number> {
  if (options.follow === true)
    throw new UsageError('--facets counts what is there, so --follow cannot be met.', 'Leave one out.');
  if (limit > valuesMax && options.limit !== undefined) {
    throw new UsageError(
      `--limit ${options.limit} is more than the ${valuesMax} values of a field that can be listed.`,
    );
  }
  const params = { ...query, limit: options.limit === undefined ? valuesDefault : limit };
  const found = await withControl(terminal, (control) => control.call('audit.facets', params));
  if (options.json === true) printJson(terminal, found);
  else if (found.entries === 0) notice(terminal, 'nothing on record matches.');
  else {
    terminal.stdout.write(`${valueTable(terminal, found)}\n${hourTable(terminal, found)}`);
    if (!found.exact) notice(terminal, `only the newest ${found.entries} that match were counted; there are more.`);
    const more = found.fields.filter((field) => field.more).map(({ field }) => field);
    if (more.length > 0)
      notice(terminal, `there are more values of ${more.join(', ')}; --limit shows more than ${params.limit}.`);
  }
  return exitStatus.ok;
}

function valueTable({ screen }: Terminal, { fields, entries, exact }: Facets): string {
  const rows = fields.flatMap(({ field, values }) =>
    values.map((one, index): Cell[] => [
      { text: index === 0 ? field : '' },
      { text: visible(one.value) },
      { text: countText(one.entries, exact) },
    ]),
  );
  const all: Cell[] = [{ text: 'all', tone: 'strong' }, { text: '' }, { text: countText(entries, exact) }];
  const columns = [
    { title: 'FIELD' },
    { title: 'VALUE', shrink: 'middle' as const },
    { title: 'EVENTS', alignEnd: true },
  ];
  return renderTable(screen, columns, [...rows, all]);
}

function hourTable({ screen }: Terminal, { activity, exact }: Facets): string {
  const hours = activity.slice(-hoursShown);
  const most = Math.max(...hours.map(({ entries }) => entries));
  const rows = hours.map(({ hour, entries }): Cell[] => [
    { text: `${hour.replace('T', ' ')}:00 UTC` },
    { text: countText(entries, exact) },
    { text: '#'.repeat(Math.max(1, Math.round((entries / most) * barCellsMax))), tone: 'dim' },
  ]);
  return renderTable(screen, [{ title: 'HOUR' }, { title: 'EVENTS', alignEnd: true }, { title: '' }], rows);
}

function countText(entries: number, exact: boolean): string {
  return exact ? String(entries) : `≥ ${entries}`;
}

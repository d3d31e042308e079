import { relativeText } from '#contract/text/span.ts';
import { withControl } from '../connection.ts';
import { homePath } from '../render/home-path.ts';
import { renderTable } from '../render/table.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Lists the transcripts that were asked for with `run --transcript`. */
export async function transcripts(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const { transcripts: list } = await withControl(terminal, (control) => control.call('transcript.list', {}));
  if (options.json === true) {
    for (const each of list) printJson(terminal, each);
  } else if (list.length === 0) notice(terminal, 'there is no transcript. `gatehouse run --transcript` writes one.');
  else {
    const columns = [
      { title: 'SESSION' },
      { title: 'WRITTEN' },
      { title: 'BYTES' },
      { title: 'SENSITIVE FILE', shrink: 'middle' as const },
    ];
    const rows = list.map(({ session, at, bytes, path }) => [
      { text: session, tone: 'strong' as const },
      { text: relativeText(at, terminal.nowMs()) },
      { text: String(bytes) },
      { text: homePath(path, terminal.home) },
    ]);
    terminal.stdout.write(renderTable(terminal.screen, columns, rows));
  }
  return 0;
}

/** Removes one transcript, or all but those of sessions that run. */
export async function removeTranscripts(
  terminal: Terminal,
  id: string | undefined,
  options: { all?: boolean; json?: boolean },
): Promise<number> {
  if ((id === undefined) === (options.all !== true)) {
    throw new UsageError('Which transcript should go?', 'Give the id of its session, or --all.');
  }
  const which = id === undefined ? { all: true as const } : { id };
  const removed = await withControl(terminal, (control) => control.call('transcript.remove', which));
  for (const each of removed.transcripts) {
    if (options.json === true) printJson(terminal, each);
    else terminal.stdout.write(`${each.session}: transcript removed\n`);
  }
  return 0;
}

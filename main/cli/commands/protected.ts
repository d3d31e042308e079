import { visible } from '#contract/text/visible.ts';
import { loadGround } from '../policy-files.ts';
import { renderTable } from '../render/table.ts';
import { printJson, type Terminal } from '../terminal.ts';

const inWorkspace = '$WORKSPACE/';

/** Lists the protected files of a workspace and what is left to agents on purpose, with their reasons, without a supervisor. */
export async function listProtected(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const { pathSets, reasons } = await loadGround(terminal);
  const listed = (['protected', 'unprotected'] as const).flatMap((set) =>
    (pathSets.get(set) ?? []).map((member) => ({
      path: member.startsWith(inWorkspace) ? member.slice(inWorkspace.length) : member,
      protected: set === 'protected',
      reason: reasons.get(member) ?? '',
    })),
  );
  if (options.json === true) {
    for (const each of listed) printJson(terminal, each);
    return 0;
  }
  const rows = listed.map((each) => [
    { text: visible(each.path), tone: 'strong' as const },
    {
      text: each.protected ? 'read-only' : 'left to agents',
      tone: each.protected ? ('plain' as const) : ('warn' as const),
    },
    { text: visible(each.reason) },
  ]);
  const columns = [{ title: 'FILE' }, { title: 'INSIDE' }, { title: 'BECAUSE', shrink: 'end' as const }];
  terminal.stdout.write(renderTable(terminal.screen, columns, rows));
  return 0;
}

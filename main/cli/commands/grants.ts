import type { Grant } from '#contract/grant.ts';
import { withControl } from '../connection.ts';
import { relativeText } from '../render/span.ts';
import type { Cell } from '../render/table.ts';
import { renderTable } from '../render/table.ts';
import { visible } from '../render/visible.ts';
import { notice, printJson, type Terminal } from '../terminal.ts';

/** Lists grants that are in force, or with `all` ended ones too. */
export async function listGrants(terminal: Terminal, options: { all?: boolean; json?: boolean }): Promise<number> {
  const { grants } = await withControl(terminal, (control) =>
    control.call('grant.list', { all: options.all === true }),
  );
  if (options.json === true) {
    for (const grant of grants) printJson(terminal, grant);
  } else if (grants.length === 0) notice(terminal, 'no grant is in force.');
  else terminal.stdout.write(grantTable(terminal, grants));
  return 0;
}

function grantTable(terminal: Terminal, grants: readonly Grant[]): string {
  const nowMs = terminal.nowMs();
  const rows = grants.map((grant): Cell[] => [
    { text: visible(grant.spec) },
    { text: grant.taskId },
    { text: grant.giver },
    { text: endText(grant, nowMs) },
    { text: String(grant.uses) },
    { text: grant.lastUsedAt === undefined ? 'never' : relativeText(grant.lastUsedAt, nowMs) },
  ]);
  return renderTable(
    terminal.screen,
    [
      { title: 'GRANT', shrink: 'middle' },
      { title: 'TASK' },
      { title: 'GIVEN BY' },
      { title: 'ENDS' },
      { title: 'USES', alignEnd: true },
      { title: 'LAST USED' },
    ],
    rows,
  );
}

function endText(grant: Grant, nowMs: number): string {
  if (grant.revokedAt !== undefined) return `revoked ${relativeText(grant.revokedAt, nowMs)}`;
  return relativeText(grant.expiresAt, nowMs);
}

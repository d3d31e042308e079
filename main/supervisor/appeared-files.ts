import { relative } from 'node:path';
import type { NewEvent } from '#contract/audit.ts';
import type { Session } from '#contract/session.ts';
import type { CompiledMounts } from '../core/policy/compile-mounts.ts';
import { existenceOf } from './session-plan.ts';

/** As many as a person reads; the record has them all. */
const noticesMax = 8;

type Unheld = CompiledMounts['unheld'];

/**
 * Protected paths that are missing when a session starts: no mount can hold what is not there, so the agent can make
 * them, and programs outside (Git, editors, other agents) would execute or trust what it wrote.
 */
export function missingProtected(mounts: CompiledMounts): Unheld {
  return mounts.unheld.filter(({ path }) => isThere(path) !== true);
}

/** Which of them are there now, or may be: an agent can shut a folder by its mode, and whoever runs it can open that again. */
export function findAppeared(missing: Unheld): Unheld {
  return missing.filter(({ path }) => isThere(path) !== false);
}

/** Undefined for what cannot be looked at. Never throws: a session that left such a folder ends like any other. */
function isThere(path: string): boolean | undefined {
  try {
    return existenceOf(path) !== 'missing';
  } catch {
    return undefined;
  }
}

/** The record of each: an observation, since who made it is not known. */
export function appearedEvents(session: Session, appeared: Unheld): NewEvent[] {
  return appeared.map(({ path, rule }) => ({
    kind: 'workspace.changed',
    session: session.id,
    task: session.taskId,
    agent: session.agent,
    action: 'file.protected',
    resource: { kind: 'path', path },
    summary: `${relative(session.workspace, path)} appeared: other programs execute or trust it`,
    detail: { path: relative(session.workspace, path), change: 'created', author: 'unknown', rule },
  }));
}

/** What the person at the terminal is told when the session is over. */
export function appearedNotices(session: Session, appeared: Unheld): string[] {
  const names = appeared.slice(0, noticesMax).map(({ path }) => relative(session.workspace, path));
  if (names.length === 0) return [];
  const more = appeared.length > names.length ? ` and ${appeared.length - names.length} more` : '';
  return [
    `${names.join(', ')}${more} appeared in the workspace. Other programs execute or trust such files: look at them before you run git or open an editor there.`,
  ];
}

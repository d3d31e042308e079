import type { AuditEvent } from '#contract/audit.ts';
import { visible } from '#contract/text/visible.ts';
import type { IconName } from '../../components/icon.tsx';

/** How an event was decided, in one word; and which of the marks it has. */
export function outcomeOf(event: AuditEvent): { readonly word: string; readonly tone: 'good' | 'bad' | 'plain' } {
  if (event.kind === 'log.damaged') return { word: 'Damage', tone: 'bad' };
  if (event.decision === 'deny') return { word: 'Blocked', tone: 'bad' };
  if (event.decision === 'allow') return { word: 'Allowed', tone: 'good' };
  return { word: '', tone: 'plain' };
}

/** How a line is marked: an outcome where there is one, else what the entry is about. */
export interface EventMark {
  readonly word: string;
  readonly icon: IconName;
  readonly tone: 'good' | 'bad' | 'plain';
}

const about: Readonly<Record<string, readonly [word: string, icon: IconName]>> = {
  session: ['Session', 'pulse'],
  workspace: ['File', 'folder'],
  connection: ['Network', 'globe'],
  port: ['Network', 'globe'],
  egress: ['Network', 'globe'],
  approval: ['Question', 'alert'],
  breaker: ['Breaker', 'alert'],
  limit: ['Limit', 'alert'],
  grant: ['Grant', 'key'],
  rule: ['Rule', 'key'],
  agent: ['Agent', 'key'],
  agents: ['Agent', 'key'],
  login: ['Login', 'key'],
  home: ['Home', 'folder'],
  memory: ['Memory', 'folder'],
  policy: ['Policy', 'shield'],
  task: ['Task', 'list'],
  log: ['Log', 'list'],
  transcript: ['Log', 'list'],
};

/** The mark of an event: never colour alone, and never a word alone. */
export function markOf(event: AuditEvent): EventMark {
  const { word, tone } = outcomeOf(event);
  if (tone === 'good') return { word, icon: 'check', tone };
  if (tone === 'bad') return { word, icon: event.kind === 'log.damaged' ? 'alert' : 'close', tone };
  const [named, icon] = about[event.kind.replace(/\..*$/u, '')] ?? ['Gatehouse', 'shield'];
  return { word: named, icon, tone };
}

/** Whether an event only says that somebody looked at a session, or looks no longer: on record, and seldom what one looks for. */
export function isAttendance({ kind }: Pick<AuditEvent, 'kind'>): boolean {
  return kind === 'session.attached' || kind === 'session.detached';
}

/** What an event says, without the word that its mark says. */
export function summaryWords({ summary, decision }: Pick<AuditEvent, 'summary' | 'decision'>): string {
  return visible(decision === undefined ? summary : summary.replace(/^(?:Blocked|Allowed): /u, ''));
}

/** The object of an event as a person writes it. */
export function resourceText({ resource }: AuditEvent): string | undefined {
  if (resource === undefined) return undefined;
  switch (resource.kind) {
    case 'path':
    case 'program':
      return resource.path;
    case 'host':
      return `${hostText(resource.host)}:${resource.port}`;
    case 'url':
      return `${resource.method} ${resource.scheme}://${hostText(resource.host)}:${resource.port}${resource.path}`;
    case 'secret':
      return `${resource.name} for ${resource.host}`;
    case 'tool':
      return `${resource.server}: ${resource.tool}`;
  }
}

function hostText(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Detail that has a place of its own in the drawer. */
const placed = new Set(['gates', 'policies', 'grants', 'explanation']);

/** The rest of the detail as rows: names, and values as text. */
export function detailRows({ detail }: AuditEvent): readonly { readonly name: string; readonly value: string }[] {
  return Object.entries(detail)
    .filter(([name]) => !placed.has(name))
    .map(([name, value]) => ({ name, value: typeof value === 'string' ? value : JSON.stringify(value) }));
}

/** A list of names in the detail; nothing where it is none. */
export function namesIn({ detail }: AuditEvent, name: 'gates' | 'policies' | 'grants'): readonly string[] {
  const value = detail[name];
  return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
}

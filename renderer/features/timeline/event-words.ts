import type { AuditEvent } from '#contract/audit.ts';

/** How an event was decided, in one word; and which of the marks it has. */
export function outcomeOf(event: AuditEvent): { readonly word: string; readonly tone: 'good' | 'bad' | 'plain' } {
  if (event.kind === 'log.damaged') return { word: 'Damage', tone: 'bad' };
  if (event.decision === 'deny') return { word: 'Blocked', tone: 'bad' };
  if (event.decision === 'allow') return { word: 'Allowed', tone: 'good' };
  return { word: '', tone: 'plain' };
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

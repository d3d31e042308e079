import type { Approval } from '../approval.ts';
import { genericPresetId } from '../generic-preset.ts';
import { sizeText } from './size.ts';

/** What the supervisor knows of a host that is asked for beside its name: the same words on every surface. */

type Asked = Pick<Approval, 'resource' | 'agent' | 'askedAt' | 'leadsTo' | 'before' | 'sentBytes'>;

/** A label of at most eight characters and a text without its end. Nothing for questions about something else. */
export function networkFacts(approval: Asked): { readonly label: string; readonly text: string }[] {
  const { resource, leadsTo, sentBytes = 0 } = approval;
  if (resource.kind !== 'host' && resource.kind !== 'url') return [];
  return [
    ...(leadsTo === undefined ? [] : [{ label: 'Address', text: leadsTo }]),
    { label: 'Before', text: beforeText(approval) },
    ...(sentBytes === 0 ? [] : [{ label: 'Sent', text: `${sizeText(sentBytes)} by this session so far` }]),
  ];
}

/** The same in a word, for lists: `never`, `3 times`; empty for questions about something else. */
export function beforeWord({ resource, before }: Pick<Asked, 'resource' | 'before'>): string {
  if (resource.kind !== 'host' && resource.kind !== 'url') return '';
  if (before === undefined) return 'not known';
  if (before.times === 0) return before.erased ? 'none kept' : 'never';
  return timesText(before);
}

function beforeText({ resource, agent, askedAt, before }: Asked): string {
  if (before === undefined) return 'not known';
  // A command without a name of its own shares it with every other one.
  const isNobody = agent === genericPresetId;
  const where = resource.kind === 'url' ? ' to this host and port' : '';
  const { times, lastAt, erased } = before;
  if (times === 0) {
    const by = isNobody ? 'by a command that is no known agent' : 'by this agent';
    return erased ? `not${where} ${by} in what is kept of the record` : `never${where} ${by}`;
  }
  const whom = isNobody ? ' for commands that are no known agent' : '';
  const last = lastAt === undefined ? '' : `, ${times === 1 ? '' : 'last '}${agoText(lastAt, askedAt)}`;
  return `let through ${timesText(before)}${where}${whom}${last}`;
}

function timesText({ times, atLeast }: { readonly times: number; readonly atLeast: boolean }): string {
  if (atLeast) return `at least ${times} ${times === 1 ? 'time' : 'times'}`;
  return times === 1 ? 'once' : `${times} times`;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** How long before it was asked: a question that stands for a while says the same all the time. */
function agoText(at: string, askedAt: string): string {
  const ms = Date.parse(askedAt) - Date.parse(at);
  const unit = units.find(([, each]) => ms >= each);
  if (unit === undefined) return 'just now';
  const count = Math.floor(ms / unit[1]);
  return `${count} ${unit[0]}${count === 1 ? '' : 's'} ago`;
}

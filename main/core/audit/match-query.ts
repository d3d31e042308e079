import type { AuditEvent } from '#contract/audit.ts';
import type { Condition, Query, Term } from './query.ts';
import { hostOf, pathOf, programOf, searchText, wordsOf } from './search-text.ts';

/** Whether the event meets every term: what the search index answers, for one event at hand (the live tail). */
export function matches(query: Query, event: AuditEvent): boolean {
  const words = lazily(() => spacedWords(event));
  return query.terms.every((term) => meets(term, event, words));
}

/** As `matches`, for events that the index found by every text term already. */
export function matchesFields(query: Query, event: AuditEvent): boolean {
  return query.terms.every((term) => term.condition.field === 'text' || meets(term, event, () => ''));
}

function meets(term: Term, event: AuditEvent, words: () => string): boolean {
  return holds(term.condition, event, words) !== term.negated;
}

function holds(condition: Condition, event: AuditEvent, words: () => string): boolean {
  switch (condition.field) {
    case 'text':
      return words().includes(` ${condition.words.join(' ')}${condition.prefix ? '' : ' '}`);
    case 'kind':
      return condition.kinds.includes(event.kind);
    case 'action':
      return event.action !== undefined && condition.actions.includes(event.action);
    case 'decision':
      return event.decision === condition.decision;
    case 'reason':
      return event.reason === condition.reason;
    case 'agent':
    case 'task':
      return event[condition.field] === condition.value;
    case 'session':
      return event.session === condition.value || event.session?.startsWith(`${condition.value}-`) === true;
    case 'host':
      return condition.subdomains
        ? hostOf(event)?.endsWith(`.${condition.host}`) === true
        : hostOf(event) === condition.host;
    case 'path':
      return isAtOrBelow(pathOf(event), condition.path);
    case 'program':
      return isProgram(programOf(event), condition.program);
    case 'seq':
      return event.seq >= condition.first && event.seq <= condition.last;
    case 'since':
      return event.at >= condition.at;
    case 'until':
      return event.at <= condition.at;
  }
}

/** By component: `/a/bc` is not below `/a/b`. */
function isAtOrBelow(path: string | undefined, folder: string): boolean {
  if (path === undefined) return false;
  return path === folder || path.startsWith(folder === '/' ? '/' : `${folder}/`);
}

function isProgram(path: string | undefined, program: string): boolean {
  if (path === undefined) return false;
  return path === program || (!program.includes('/') && path.endsWith(`/${program}`));
}

function spacedWords(event: AuditEvent): string {
  return ` ${wordsOf(searchText(event)).join(' ')} `;
}

function lazily(make: () => string): () => string {
  let made: string | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

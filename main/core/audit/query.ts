import type { Action } from '#contract/actions.ts';
import type { EventKind, NewEvent } from '#contract/audit.ts';

/** One condition on an event. Texts are folded or canonical already. */
export type Condition =
  /** These words follow each other somewhere in the event; with `prefix`, the last one may go on. */
  | { readonly field: 'text'; readonly words: readonly string[]; readonly prefix: boolean }
  | { readonly field: 'kind'; readonly kinds: readonly EventKind[] }
  | { readonly field: 'action'; readonly actions: readonly Action[] }
  | { readonly field: 'decision'; readonly decision: NonNullable<NewEvent['decision']> }
  | { readonly field: 'reason'; readonly reason: NonNullable<NewEvent['reason']> }
  | { readonly field: 'agent' | 'task'; readonly value: string }
  /** The whole id, or its beginning up to a dash. */
  | { readonly field: 'session'; readonly value: string }
  /** The host itself, or with `subdomains` every host below it. */
  | { readonly field: 'host'; readonly host: string; readonly subdomains: boolean }
  /** The path itself and everything below it. */
  | { readonly field: 'path'; readonly path: string }
  /** An absolute path, or a program's name without folder. */
  | { readonly field: 'program'; readonly program: string }
  | { readonly field: 'seq'; readonly first: number; readonly last: number }
  /** RFC 3339, UTC, milliseconds. Both inclusive. */
  | { readonly field: 'since' | 'until'; readonly at: string };

/** A condition and whether events must meet it or must not. */
export interface Term {
  readonly negated: boolean;
  readonly condition: Condition;
}

/** A parsed query: events that meet every term. */
export interface Query {
  readonly terms: readonly Term[];
}

/** Longest query text, in characters. */
export const queryCharactersMax = 4096;
/** Most terms of one query. */
export const queryTermsMax = 32;
/** Most words of one phrase. */
export const queryWordsMax = 64;

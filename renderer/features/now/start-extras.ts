import type { ExposeRequest } from '#contract/exposed-port.ts';
import { type Limits, limitsSchema } from '#contract/session.ts';
import { limitWords } from '#contract/text/limit-words.ts';
import { looksLikeSecret, secretNotice } from '#contract/text/looks-like-secret.ts';
import type { PassedVariable } from '#contract/text/passed-variable.ts';
import { sizeBytes } from '#contract/text/size.ts';
import { spanMs } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { commandWords } from './command-words.ts';

/** What a start may bring besides its folder, task and grants, as it was typed. */
export interface StartExtras {
  /** Words that follow an agent's command. */
  readonly words: string;
  readonly variables: readonly PassedVariable[];
  readonly expose: readonly ExposeRequest[];
  /** By the name of the field. */
  readonly limits: Readonly<Record<string, string>>;
}

/** Nothing besides. */
export const noExtras: StartExtras = { words: '', variables: [], expose: [], limits: {} };

/** Fields for limits; how each is read, and the least that can be meant. */
export const limitFields = [
  {
    id: 'memory',
    label: 'Memory',
    example: '4G',
    least: '64M or more, e.g. 4G',
    read: (text: string) => ({ memoryBytes: sizeBytes(text) }),
  },
  {
    id: 'cpu',
    label: 'Processor time',
    example: '30m',
    least: 'a time, e.g. 30m',
    read: (text: string) => ({ cpuTimeMs: spanMs(text) }),
  },
  {
    id: 'output',
    label: 'Output',
    example: '100M',
    least: '1K or more, e.g. 100M',
    read: (text: string) => ({ outputBytes: sizeBytes(text) }),
  },
  {
    id: 'processes',
    label: 'Processes',
    example: '1024',
    least: '8 or more',
    read: (text: string) => ({ processes: countOf(text) }),
  },
  {
    id: 'files',
    label: 'Open files',
    example: '65536',
    least: '64 or more',
    read: (text: string) => ({ openFiles: countOf(text) }),
  },
] as const;

function countOf(text: string): number | undefined {
  return /^\d{1,7}$/u.test(text) ? Number(text) : undefined;
}

/** Extras as they are asked for, or what is wrong with them. */
export type ReadExtras =
  | { readonly words: readonly string[]; readonly limits: Limits }
  | { readonly problem: string; readonly field: string };

/** Reads what was typed. */
export function readExtras({ words: typed, limits: texts }: StartExtras): ReadExtras {
  const words = commandWords(typed);
  if ('problem' in words) return { problem: words.problem, field: 'words' };
  const limits: Limits = {};
  for (const { id, label, least, read } of limitFields) {
    const text = (texts[id] ?? '').trim();
    if (text === '') continue;
    const limit = read(text);
    const parsed = limitsSchema.safeParse(limit);
    if (!parsed.success || Object.values(limit)[0] === undefined) {
      return { problem: `${label}: write ${least}.`, field: id };
    }
    Object.assign(limits, parsed.data);
  }
  return { words: words.words, limits };
}

/** What of the extras is set, for the line that folds them: `2 variables, 1 port`. */
export function extrasCount({ words, variables, expose, limits }: StartExtras): string {
  const limited = Object.values(limits).filter((text) => text.trim() !== '').length;
  return [
    words.trim() === '' ? '' : 'arguments',
    counted(variables.length, 'variable'),
    counted(expose.length, 'port'),
    counted(limited, 'limit'),
  ]
    .filter((part) => part !== '')
    .join(', ');
}

function counted(count: number, name: string): string {
  if (count === 0) return '';
  return `${count} ${name}${count === 1 ? '' : 's'}`;
}

/** What the extras mean, a sentence each, and what a person should think of once more. */
export function extrasSentences({ variables, expose }: StartExtras, limits: Limits): readonly string[] {
  const names = variables.map(({ name }) => name);
  const limited = limitWords(limits);
  return [
    ...(names.length === 0 ? [] : [`Is given the ${names.length === 1 ? 'variable' : 'variables'} ${listed(names)}.`]),
    ...secretNames(variables).map(secretNotice),
    ...expose.map((request) => `You reach its port ${exposeWords(request)}.`),
    ...(limited.length === 0 ? [] : [`Has at most ${listed(limited)}.`]),
  ];
}

/** Names of the variables whose values look like secrets. One of the person's own is known to nobody here. */
export function secretNames(variables: readonly PassedVariable[]): readonly string[] {
  return variables.flatMap(({ name, value }) => (value !== undefined && looksLikeSecret(name, value) ? [name] : []));
}

/** Characters of a value that a chip shows. */
const shownMax = 40;

/** A variable as its chip says it: a value that looks like a secret stays hidden. */
export function variableChip({ name, value }: PassedVariable): string {
  if (value === undefined) return `${name}, your own`;
  if (looksLikeSecret(name, value)) return `${name} = ••••••`;
  const shown = visible(value);
  return `${name} = ${shown.length > shownMax ? `${shown.slice(0, shownMax)}…` : shown}`;
}

/** Where a port of the session is reached. */
export function exposeWords({ hostPort, port }: ExposeRequest): string {
  return hostPort === 0 ? `${port} on one of this machine’s that is free` : `${port} at 127.0.0.1:${hostPort}`;
}

function listed(items: readonly string[]): string {
  return items.length < 2 ? items.join('') : `${items.slice(0, -1).join(', ')} and ${items.at(-1)}`;
}

import type { PlantedHost, Target } from './planted-host.ts';

/** The groups of the threat list that are in scope. */
export const groups = ['files', 'processes and kernel', 'local services', 'network', 'ways out', 'record'] as const;
export type Group = (typeof groups)[number];

/** What one run of the agent's steps left behind. */
export interface StepRun {
  /** Standard output and standard error together. */
  readonly output: string;
  /** Only in a terminal: what became of it. */
  readonly terminal?: { readonly echo: boolean; readonly waiting: string };
  /** What `during` found. */
  readonly during?: boolean;
}

/** One line of the transcript. */
export interface Attempt {
  readonly group: Group;
  readonly what: string;
  /** How success is seen: by what, and where. */
  readonly seen: string;
  /** Only the program's own word, where nothing can be seen from outside. */
  readonly byItsWord?: true;
  /** What the host needs besides, and how it looked before. */
  prepare?(target: Target): Promise<void>;
  /** What the agent does: a shell script, or several, each in a session of its own one after the other. */
  steps(target: Target): string | readonly (string | readonly string[])[];
  /** Looked at while the agent holds something, which it says with `holding`. */
  during?(target: Target): Promise<boolean>;
  /** Whether it got through. */
  succeeded(target: Target, run: StepRun): boolean | Promise<boolean>;
  /** Needs a run of its own: it ends, floods, waits, or is about the run's beginning or end. */
  readonly alone?: true;
  readonly terminal?: true;
  /** The caller leaves a private file open for it. */
  readonly descriptor?: true;
  /** The outermost program is killed while the agent holds. */
  readonly killOuter?: true;
  /** Leaves the host as it was, also when it succeeds. */
  readonly harmless?: true;
  /** Why it cannot be tried on this machine, if so. */
  unavailable?(host: PlantedHost): string | undefined;
  /** Whom it is about; the others have nothing of the kind. */
  readonly onlyFor?: 'gatehouse';
}

/** An attempt with its place in the list: `F07`. */
export interface NumberedAttempt extends Attempt {
  readonly id: string;
}

const letters: Readonly<Record<Group, string>> = {
  files: 'F',
  'processes and kernel': 'K',
  'local services': 'S',
  network: 'N',
  'ways out': 'W',
  record: 'R',
};

/** Numbers the attempts within their groups, in their order. */
export function numbered(attempts: readonly Attempt[]): readonly NumberedAttempt[] {
  return groups.flatMap((group) =>
    attempts
      .filter((attempt) => attempt.group === group)
      .map((attempt, at) => ({ ...attempt, id: `${letters[group]}${String(at + 1).padStart(2, '0')}` })),
  );
}

/** Succeeds when a text that exists on the host alone was printed inside. */
export function reads(group: Group, what: string, steps: Attempt['steps'], more: Partial<Attempt> = {}): Attempt {
  return {
    group,
    what,
    seen: 'the planted secret was printed inside',
    harmless: true,
    steps,
    succeeded: ({ host, secret }, { output }) => [...host.secrets, secret.text].some((text) => output.includes(text)),
    ...more,
  };
}

/** Succeeds when something of the private folder, or of the named paths, is no longer as it was. */
export function changes(
  group: Group,
  what: string,
  steps: Attempt['steps'],
  paths: (target: Target) => readonly string[] = ({ folder }) => [folder],
  more: Partial<Attempt> = {},
): Attempt {
  return {
    group,
    what,
    seen: 'the host’s file or folder is no longer as it was',
    steps,
    async prepare(target) {
      await more.prepare?.(target);
      await target.remember(paths(target));
    },
    succeeded: (target) => target.isChanged(),
    ...Object.fromEntries(Object.entries(more).filter(([name]) => name !== 'prepare')),
  };
}

/** Succeeds when the mark reached one of the host's services. */
export function reaches(group: Group, what: string, steps: Attempt['steps'], more: Partial<Attempt> = {}): Attempt {
  return {
    group,
    what,
    seen: 'the service outside heard the mark',
    harmless: true,
    steps,
    succeeded: async ({ host, mark }) => (await host.heard()).some(({ data }) => data.includes(mark)),
    ...more,
  };
}

/** Succeeds when the output says so: only for what leaves no trace outside. */
export function says(
  group: Group,
  what: string,
  steps: Attempt['steps'],
  words: RegExp,
  more: Partial<Attempt> = {},
): Attempt {
  return {
    group,
    what,
    seen: 'by the answer of the kernel alone',
    harmless: true,
    byItsWord: true,
    steps,
    succeeded: (_target, { output }) => words.test(output),
    ...more,
  };
}

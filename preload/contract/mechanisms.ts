import { z } from 'zod';
import { type Mechanism, mechanismSchema } from './doctor.ts';

/** What a mechanism belongs to, in the order of a report. */
export const mechanismGroups = ['walls', 'limits', 'network', 'decisions', 'record', 'program'] as const;
export type MechanismGroup = (typeof mechanismGroups)[number];

interface Known {
  readonly group: MechanismGroup;
  /** What is lost without it, so that a state can be judged; continues "Without it". */
  readonly protects: string;
}

/**
 * Every mechanism `doctor` tells of. An id is never given another meaning, and `docs/doctor.md` has a line for each.
 */
export const mechanisms = {
  platform: { group: 'walls', protects: 'there are no walls at all' },
  kernel: { group: 'walls', protects: 'folders cannot be shown to a session with the rights that were decided' },
  bubblewrap: { group: 'walls', protects: 'nothing builds the walls' },
  portcullis: { group: 'walls', protects: 'nothing holds a session’s processes and filters their system calls' },
  namespaces: { group: 'walls', protects: 'an agent would see your processes, network and files' },
  'holder-namespaces': {
    group: 'walls',
    protects: 'folders cannot be prepared without the rest of the system seeing them',
  },
  staging: { group: 'walls', protects: 'a folder could be swapped between the decision and its mount' },
  seccomp: { group: 'walls', protects: 'an agent could make the system calls that kernel bugs need' },
  idmap: { group: 'walls', protects: 'a session that root starts would act as root on files' },
  pidfd: { group: 'walls', protects: 'ending a session could hit another process' },
  'core-dumps': { group: 'walls', protects: 'a crash could leave secrets in a file' },
  terminals: { group: 'walls', protects: 'interactive agents have no terminal' },
  'seccomp-notify': { group: 'walls', protects: 'single calls cannot be held until somebody has decided' },
  fuse: { group: 'walls', protects: 'folders cannot be asked for in the middle of a session' },
  'cgroup-limits': {
    group: 'limits',
    protects: 'the processes of a session together can take more memory than it was given',
  },
  'cpu-time': { group: 'limits', protects: 'a busy session slows down others' },
  'default-limits': { group: 'limits', protects: 'a session has no limits unless somebody sets them' },
  'file-watches': { group: 'limits', protects: 'changes in large workspaces are noticed late or at the end' },
  'open-files': { group: 'limits', protects: 'new sessions cannot start' },
  'egress-worker': { group: 'network', protects: 'sessions have no way out, so none starts' },
  policies: { group: 'decisions', protects: 'nothing can be decided, so everything is refused' },
  identities: { group: 'decisions', protects: 'agents have no keys of their own, and a session is tied to none' },
  presets: { group: 'decisions', protects: 'agents are not recognised and get no more than any command' },
  clock: { group: 'decisions', protects: 'times on record are wrong' },
  'audit-log': { group: 'record', protects: 'nothing can be recorded, so nothing is allowed' },
  'disk-space': { group: 'record', protects: 'recording stops, and with it every session that asks for something' },
  keystore: { group: 'record', protects: 'there is no key to sign the record with' },
  'checkpoint-signing': { group: 'record', protects: 'somebody who can write the record could rewrite it unseen' },
  witness: { group: 'record', protects: 'somebody who holds the key as well could rewrite the record unseen' },
  supervisor: { group: 'program', protects: 'no session runs' },
  state: { group: 'program', protects: 'there is no place that is Gatehouse’s alone' },
  node: { group: 'program', protects: 'Gatehouse does not run' },
  sqlite: { group: 'program', protects: 'there is no record' },
  shims: { group: 'program', protects: 'an agent that is typed by its name runs without walls' },
} as const satisfies Readonly<Record<string, Known>>;
export type MechanismId = keyof typeof mechanisms;

/** Version of the objects of `doctor --json`. Fields and ids are added without a new one, never renamed or removed. */
export const doctorVersion = 1;

/** One object of `doctor --json`. */
export const doctorEntrySchema = mechanismSchema.extend({
  v: z.literal(doctorVersion),
  group: z.enum([...mechanismGroups, 'other']),
  /** What would be lost without it. */
  protects: z.string(),
});
export type DoctorEntry = z.infer<typeof doctorEntrySchema>;

/** Of each group, and of what a newer supervisor may know of beside them. */
export const mechanismHeadings: Readonly<Record<MechanismGroup | 'other', string>> = {
  walls: 'Walls around a session',
  limits: 'What a session may use up',
  network: 'The way out',
  decisions: 'Decisions',
  record: 'The record',
  program: 'Gatehouse itself',
  other: 'More',
};

/** Worst first. */
const states = ['missing', 'limited', 'ok', 'unused'] as const satisfies readonly Mechanism['state'][];
const rank = ({ state }: Mechanism): number => states.indexOf(state);

/**
 * A report: each with its group and what it protects. The group with the worst state comes first, and within a group the worst; else they
 * are in the order they are named here.
 */
export function doctorEntries(found: readonly Mechanism[]): DoctorEntry[] {
  const ids = Object.keys(mechanisms);
  const entries = found.map(entryOf);
  const groups = [...mechanismGroups, 'other' as const].map((group) =>
    entries
      .filter((entry) => entry.group === group)
      .sort((a, b) => rank(a) - rank(b) || ids.indexOf(a.id) - ids.indexOf(b.id)),
  );
  const worst = (group: readonly DoctorEntry[]) => Math.min(...group.map(rank), states.indexOf('ok'));
  return groups.sort((a, b) => worst(a) - worst(b)).flat();
}

function entryOf(mechanism: Mechanism): DoctorEntry {
  const about = Object.entries(mechanisms).find(([id]) => id === mechanism.id)?.[1];
  // A supervisor of another version may know of more.
  const { group, protects } = about ?? { group: 'other' as const, protects: 'a newer part of Gatehouse does not work' };
  return { v: doctorVersion, group, ...mechanism, protects };
}

/** What a report comes to, in a sentence. */
export function doctorVerdict(entries: readonly Mechanism[]): string {
  const count = (state: Mechanism['state']) => entries.filter((entry) => entry.state === state).length;
  if (count('missing') > 0) return `${count('missing')} missing: sessions are refused until that is there.`;
  if (count('limited') > 0) {
    const what = count('limited') === 1 ? 'the stated weakness' : 'the stated weaknesses';
    return `${count('limited')} limited: everything works, with ${what}.`;
  }
  return 'Everything Gatehouse needs is here.';
}

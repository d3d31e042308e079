import { z } from 'zod';
import type { Method, Params, Result } from './api.ts';
import type { Answer, Approval } from './approval.ts';
import type { AuditEvent } from './audit.ts';
import type { ErrorData } from './errors.ts';
import { exposedPortsMax, exposeRequestSchema } from './exposed-port.ts';
import { policyFileNameSchema, policyTextCharsMax } from './policy.ts';
import { limitsSchema, terminalSizeSchema } from './session.ts';
import { passedVariableSchema, passedVariablesMax } from './text/passed-variable.ts';

/**
 * What the windows may ask of the shell. The main window draws whatever an agent made, so it is treated as taken over: it reads and
 * narrows, and it *proposes*; what widens authority is confirmed in the approval window, over a connection that only that window has.
 */

/** Methods of the control API that the main window calls as they are: they read, or they take away. */
export const windowMethods = [
  'supervisor.status',
  'doctor.check',
  'session.list',
  'session.diff',
  'session.stop',
  'session.kill',
  'session.pause',
  'task.list',
  'task.end',
  'grant.list',
  'grant.revoke',
  'agent.list',
  'agent.show',
  'home.list',
  'review.show',
  'policy.list',
  'policy.test',
  'policy.check',
  'agent.suspend',
  'agent.retire',
  'approval.list',
  'log.query',
  'audit.facets',
  'audit.activity',
  'log.verify',
  'log.checkpoint',
  'log.retention',
  'log.searches.list',
  'log.searches.save',
  'log.searches.remove',
  'log.prove',
  'why.event',
  'why.hypothetical',
] as const satisfies readonly Method[];
export type WindowMethod = (typeof windowMethods)[number];

/** An answer across the bridge: errors travel as data, since an exception would lose all but its text. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorData };

/** Something that widens authority, wanted by the main window. The approval window shows what it would be and confirms it, or not. */
export const proposalSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('grant'),
    taskId: z.string().max(64),
    spec: z.string().max(8192),
    forMs: z.int().optional(),
  }),
  z.strictObject({ kind: z.literal('agent'), name: z.string().max(64), command: z.string().max(4096).optional() }),
  z.strictObject({ kind: z.literal('agent-resume'), name: z.string().max(64) }),
  /** A session that stands still goes on. */
  z.strictObject({ kind: z.literal('session-resume'), session: z.string().max(64) }),
  z.strictObject({ kind: z.literal('agent-rotate'), name: z.string().max(64) }),
  /** Puts on record that a person looked through who may do what. */
  z.strictObject({ kind: z.literal('review') }),
  /** A file of the person's own rules; a text without any removes it. */
  z.strictObject({ kind: z.literal('policy'), file: policyFileNameSchema, text: z.string().max(policyTextCharsMax) }),
  z.strictObject({
    kind: z.literal('start'),
    /** Words of the command; the first is found on the person's PATH. */
    command: z.array(z.string().max(4096)).min(1).max(256),
    workspace: z.string().max(4096),
    task: z.string().max(1000).optional(),
    grants: z.array(z.string().max(8192)).max(64),
    forMs: z.int().min(1000).optional(),
    /** Without a value it is the person's own of that name, which the main window is never told. */
    variables: z.array(passedVariableSchema).max(passedVariablesMax).optional(),
    expose: z.array(exposeRequestSchema).max(exposedPortsMax).optional(),
    limits: limitsSchema.optional(),
    size: terminalSizeSchema,
  }),
  /** Brings a question that waits to the front. */
  z.strictObject({ kind: z.literal('show'), approval: z.string().max(64) }),
]);
export type Proposal = z.infer<typeof proposalSchema>;

/** What became of a proposal. */
export interface ProposalOutcome {
  readonly confirmed: boolean;
  /** Of a start: the session. */
  readonly session?: string;
}

/** How the shell stands with the supervisor. */
export type Link =
  | { readonly state: 'connecting' }
  | { readonly state: 'connected' }
  /** It is there and does not answer: its sessions run inside their walls, and nothing is decided. */
  | { readonly state: 'silent'; readonly error: ErrorData }
  /** `error` says why, and what to do; it goes on trying. */
  | { readonly state: 'lost'; readonly error: ErrorData };

/** What the shell tells the main window unasked. */
export type WindowEvent =
  | { readonly type: 'link'; readonly link: Link }
  /** Entries of the log as they are written, a batch at a time; `dropped` counts those that came too fast to pass on. */
  | { readonly type: 'events'; readonly events: readonly AuditEvent[]; readonly dropped: number }
  /** Open questions changed: ask again for the list. */
  | { readonly type: 'approvals' }
  | { readonly type: 'output'; readonly stream: number; readonly bytes: Uint8Array }
  | { readonly type: 'stream-end'; readonly stream: number; readonly why: string }
  /** Somebody followed a link, or pressed a key of the menu. */
  | { readonly type: 'go'; readonly place: string };

/** What a session's terminal in the window needs; numbers are the shell's. */
export interface StreamBridge {
  /** Attaches to a session's terminal. Output comes as events and waits until `taken` says how much of it was drawn. */
  open(session: string, readOnly: boolean): Promise<Outcome<{ readonly stream: number; readonly readOnly: boolean }>>;
  taken(stream: number, bytes: number): void;
  write(stream: number, text: string): void;
  resize(stream: number, columns: number, rows: number): void;
  close(stream: number): void;
}

/** An agent that is installed on this machine and that Gatehouse has a preset for. */
export interface FoundAgent {
  /** Of its preset. */
  readonly id: string;
  readonly title: string;
  /** What to type. */
  readonly command: string;
  readonly path: string;
  /** Whether anybody ran it inside these walls: `tried with … on …`, or `unverified`. */
  readonly label: string;
}

/** A package registry that the person's own settings name. */
export interface FoundRegistry {
  /** The package client, as people call it. */
  readonly client: string;
  readonly host: string;
  readonly port: number;
}

/** What a person chooses for the windows; the shell keeps it. Nothing of it widens what a session may do. */
export const preferencesSchema = z.strictObject({
  appearance: z.enum(['system', 'light', 'dark']),
  /** The first run was gone through, or left. */
  welcomed: z.boolean(),
});
export type Preferences = z.infer<typeof preferencesSchema>;

/** A change of them. `startAtLogin` is a file of the desktop's, not one of the shell's. */
export const preferencesChangeSchema = preferencesSchema.extend({ startAtLogin: z.boolean() }).partial();
export type PreferencesChange = z.infer<typeof preferencesChangeSchema>;

/** The shell about itself. */
export interface ShellState {
  readonly preferences: Preferences;
  readonly startAtLogin: boolean;
  readonly version: string;
  readonly electron: string;
  readonly chromium: string;
  /** Keys that work while another program has the keyboard; `held` says whether the desktop gave them to us. */
  readonly shortcuts: readonly { readonly keys: string; readonly does: string; readonly held: boolean }[];
}

/** `window.gatehouse` in the main window. */
export interface MainBridge {
  call<M extends WindowMethod>(method: M, params: Params<M>): Promise<Outcome<Result<M>>>;
  propose(proposal: Proposal): Promise<Outcome<ProposalOutcome>>;
  /** Agents on this machine's PATH that there are presets for. */
  findAgents(): Promise<Outcome<readonly FoundAgent[]>>;
  /** Registries that this person's package clients were told to ask, by settings outside of every workspace. */
  findRegistries(): Promise<Outcome<readonly FoundRegistry[]>>;
  shell(): Promise<Outcome<ShellState>>;
  /** Changes what is named, and says what is then. */
  setPreferences(change: PreferencesChange): Promise<Outcome<ShellState>>;
  /** Lets a person choose a folder in the system's own dialog; undefined when they did not. */
  chooseFolder(): Promise<string | undefined>;
  /** Writes matching entries to a file the person chooses. Resolves with its path, or undefined when they did not. */
  exportLog(query: string, format: 'jsonl' | 'csv' | 'ocsf'): Promise<Outcome<string | undefined>>;
  onEvent(listener: (event: WindowEvent) => void): () => void;
  readonly streams: StreamBridge;
}

/** Lines of a unified diff, and of what. `+` and `-` are lines that come and go, `@` says where. */
export interface ShownDiff {
  /** The file, as an agent or a repository named it. */
  readonly name: string;
  /** What happened to it, or why there are no lines. */
  readonly note: string;
  readonly lines: readonly { readonly sign: '+' | '-' | ' ' | '@'; readonly text: string }[];
  /** Lines that were left out because there are too many. */
  readonly left: number;
}

/** What the approval window shows: a question of a session, or a proposal of the main window. */
export type Question =
  | {
      readonly kind: 'approval';
      readonly approval: Approval;
      /** Of a breaker's question: what the session did, to follow "it". */
      readonly trip?: string;
      /** A host with letters of other scripts, as it reads in them; the name in ASCII is the one that counts. */
      readonly hostReads?: string;
    }
  | {
      readonly kind: 'proposal';
      readonly id: string;
      /** What it would be, established by the supervisor or the shell; texts from elsewhere are marked as such. */
      readonly title: string;
      readonly facts: readonly { readonly label: string; readonly text: string }[];
      readonly risk: Approval['risk'];
      readonly confirm: string;
      readonly effect: string;
      /** What would be started, word by word. */
      readonly command?: readonly string[];
      readonly diffs?: readonly ShownDiff[];
    };

/** What a question is known by between page and shell: exchanged content is another question. */
export function questionKey(question: Question): string {
  return question.kind === 'proposal' ? question.id : `${question.approval.id} ${question.approval.digest}`;
}

/** What the approval window is told at every change. */
export interface Asking {
  /** The one that is shown first, the others oldest first. */
  readonly questions: readonly Question[];
  readonly home: string;
  /** What became of the question that was shown, when somebody else ended it. */
  readonly ended?: string;
}

/** `window.gatehouse` in the approval window. */
export interface ApprovalBridge {
  onAsking(listener: (asking: Asking) => void): void;
  /** The first question stands in the page, which needs this many pixels of height. The window then comes up, if it is not. */
  drawn(key: string, heightPx: number): void;
  /** The window shows this question from now on: its answers may arm. */
  onShown(listener: (key: string) => void): void;
  /** The end of what is asked has been in view: what lets something happen may arm from now on. */
  read(key: string): void;
  answer(id: string, digest: string, answer: Answer): Promise<Outcome<null>>;
  confirm(id: string, confirmed: boolean): Promise<Outcome<null>>;
}

/**
 * How long a question stands still, with nothing typed or pressed, before it can be answered; page and shell both see to it. What lets
 * something happen also waits for this long after the end of the question has been in view.
 */
export const armedAfterMs = 700;

import type { Approval } from '#contract/approval.ts';
import type { AuditEvent } from '#contract/audit.ts';
import type { Grant } from '#contract/grant.ts';
import type { Session } from '#contract/session.ts';
import type { Tone } from '../render/screen.ts';
import { ItemList } from './item-list.ts';
import type { LineInput } from './line-input.ts';
import { OpenQuestion } from './open-question.ts';
import { Timeline } from './timeline.ts';
import type { SessionRow } from './watch-rows.ts';

/** The screen is drawn at most this often for what happens elsewhere; keys are drawn at once. */
const redrawEveryMs = 100;
/** How long a message stands in the bottom line. */
const noticeMs = 8_000;

/** The places of the screen, in the order of Tab. */
export const panes = ['sessions', 'approvals', 'timeline'] as const;
export type PaneName = (typeof panes)[number];

/** How the connection stands. */
export type LinkState = 'connecting' | 'live' | 'lost';

/** What fills the screen. */
export type View =
  | { readonly kind: 'panes' }
  /** `scroll` counts from the end, where the answers are. */
  | { readonly kind: 'question'; readonly question: OpenQuestion; scroll: number }
  | { readonly kind: 'session'; readonly id: string }
  | { readonly kind: 'event'; readonly event: AuditEvent; explanation: readonly string[] | undefined; scroll: number }
  | { readonly kind: 'keys'; readonly before: View };

/** A line that is being typed below the panes. */
export type Entry =
  | { readonly kind: 'filter'; readonly line: LineInput }
  | { readonly kind: 'confirm'; readonly line: LineInput; readonly word: string; readonly what: string; act(): void };

/** What time it is, on the wall and for measuring. */
export interface WatchClock {
  now(): number;
  steady(): number;
}

/** Everything the screen shows. Whoever changes it calls `changed`, and whoever draws it subscribes. */
export class WatchState {
  readonly clock: WatchClock;
  readonly home: string;
  readonly sessions = new ItemList<Session>();
  readonly approvals = new ItemList<Approval>();
  /** Grants of the session that is opened. */
  readonly grants = new ItemList<Grant>();
  readonly timeline = new Timeline();
  columns = 80;
  rows = 24;
  link: LinkState = 'connecting';
  /** Why answers cannot be given here; undefined when they can, or while it is not known yet. */
  readOnlyBecause: string | undefined;
  focus: PaneName = 'sessions';
  view: View = { kind: 'panes' };
  entry: Entry | undefined;
  /** The query of the timeline as it was typed. */
  filter = '';
  /** Why the query typed last is not used. */
  filterProblem: string | undefined;
  #codes = new Map<string, string>();
  #allGrants: readonly Grant[] = [];
  #notice: { readonly text: string; readonly tone: Tone; readonly untilMs: number } | undefined;
  #version = 0;
  #timer: NodeJS.Timeout | undefined;
  readonly #listeners = new Set<() => void>();

  constructor(clock: WatchClock, home: string) {
    this.clock = clock;
    this.home = home;
  }

  // Drawing.

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly version = (): number => this.#version;

  /** Something changed by itself: drawn soon, however much there is of it. */
  changed(): void {
    this.#timer ??= setTimeout(() => this.redraw(), redrawEveryMs);
  }

  /** Drawn at once: somebody pressed a key. */
  redraw(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#listeners.clear();
  }

  // What the supervisor says.

  takeSessions(sessions: readonly Session[]): void {
    // The newest at the end: what starts moves nothing.
    const inOrder = sessions.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id));
    this.sessions.update(inOrder, this.focus === 'sessions' || this.view.kind === 'session');
    this.changed();
  }

  takeGrants(grants: readonly Grant[]): void {
    this.#allGrants = grants;
    this.#fillGrants();
    this.changed();
  }

  /** Every question that is open, oldest first. */
  takeApprovals(approvals: readonly Approval[]): void {
    this.approvals.update(approvals, this.focus === 'approvals');
    for (const id of this.#codes.keys()) if (!approvals.some((each) => each.id === id)) this.#codes.delete(id);
    const question = this.question;
    const now = approvals.find(({ id }) => id === question?.asked.id);
    if (now === undefined) question?.left(this.clock.steady());
    else question?.changed(now, this.clock.steady());
    this.changed();
  }

  /** A question was shown here, with its code. */
  takeAsked(approval: Approval, code: string): void {
    this.#codes.set(approval.id, code);
    const open = this.#openApprovals();
    if (!open.some(({ id }) => id === approval.id)) this.takeApprovals([...open, approval]);
    // Opened a moment too early to be answered: it begins anew, with nothing typed.
    const { view } = this;
    if (view.kind === 'question' && view.question.asked.id === approval.id && view.question.readOnly === 'elsewhere') {
      this.openQuestion(approval);
    }
    this.changed();
  }

  takeChanged(approval: Approval): void {
    this.question?.changed(approval, this.clock.steady());
    const isOpen = approval.state === 'waiting' || approval.state === 'pending';
    const others = this.#openApprovals().flatMap((each) =>
      each.id !== approval.id ? [each] : isOpen ? [approval] : [],
    );
    this.takeApprovals(others);
  }

  /** It was answered here: nothing of it needs to stay under the cursor. */
  takeAnswered(question: OpenQuestion): void {
    if (this.view.kind === 'question' && this.view.question === question) this.view = { kind: 'panes' };
    this.#codes.delete(question.asked.id);
    this.approvals.update(
      this.#openApprovals().filter(({ id }) => id !== question.asked.id),
      false,
    );
    this.changed();
  }

  /** The connection is gone: what was known of sessions and questions is not shown as if it still held. */
  takeLost(): void {
    this.link = 'lost';
    this.readOnlyBecause = undefined;
    this.#codes.clear();
    this.question?.lost(this.clock.steady());
    this.sessions.update([], false);
    this.approvals.update([], false);
    this.#allGrants = [];
    this.grants.update([], false);
    if (this.entry?.kind === 'confirm') this.entry = undefined;
    this.changed();
  }

  // What is shown.

  get question(): OpenQuestion | undefined {
    const view = this.view.kind === 'keys' ? this.view.before : this.view;
    return view.kind === 'question' ? view.question : undefined;
  }

  sessionRow(session: Session): SessionRow {
    return {
      session,
      waiting: this.#openApprovals().filter((each) => each.session === session.id).length,
      grants: this.#allGrants.filter(({ taskId }) => taskId === session.taskId),
    };
  }

  get openCount(): number {
    return this.#openApprovals().length;
  }

  get sessionCount(): number {
    return this.sessions.rows().filter(({ gone }) => !gone).length;
  }

  isAnswerableHere(id: string): boolean {
    return this.#codes.has(id);
  }

  get notice(): { readonly text: string; readonly tone: Tone } | undefined {
    return this.#notice !== undefined && this.#notice.untilMs > this.clock.steady() ? this.#notice : undefined;
  }

  say(text: string, tone: Tone = 'plain'): void {
    this.#notice = { text, tone, untilMs: this.clock.steady() + noticeMs };
    this.changed();
  }

  /** The next key was pressed: what was said has been read. */
  unsay(): void {
    this.#notice = undefined;
  }

  // What is opened.

  openQuestion(approval: Approval): void {
    const code = this.#codes.get(approval.id);
    const how =
      code !== undefined
        ? { code }
        : { readOnly: this.readOnlyBecause === undefined ? ('elsewhere' as const) : ('no-approver' as const) };
    const question = new OpenQuestion(approval, how, this.clock.steady());
    // Of one that has gone meanwhile nothing can be answered.
    if (!this.#openApprovals().some(({ id }) => id === approval.id)) question.left(this.clock.steady());
    this.view = { kind: 'question', question, scroll: 0 };
  }

  openSession(id: string): void {
    this.view = { kind: 'session', id };
    this.#fillGrants();
  }

  /** The session that is opened, as far as it is known still. */
  get openedSession(): { readonly session: Session; readonly gone: boolean } | undefined {
    const { view } = this;
    if (view.kind !== 'session') return undefined;
    const row = this.sessions.rows().find(({ item }) => item.id === view.id);
    return row === undefined ? undefined : { session: row.item, gone: row.gone };
  }

  #fillGrants(): void {
    const session = this.openedSession?.session;
    const grants = this.#allGrants.filter(({ taskId }) => taskId === session?.taskId);
    this.grants.update(grants, this.view.kind === 'session');
  }

  #openApprovals(): Approval[] {
    return this.approvals.rows().flatMap(({ item, gone }) => (gone ? [] : [item]));
  }
}

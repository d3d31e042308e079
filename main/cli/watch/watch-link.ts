/**
 * Guarantee: what the screen shows as open came over the connection that is open now; when that goes, nothing of it can be
 * answered, and the next one begins with nothing.
 *
 * Threat: a supervisor that ended, or another one in its place, while its questions still stand on the screen.
 *
 * Limits: lists are asked for once a second; what happens in between shows that much later.
 */
import type { AuditEvent } from '#contract/audit.ts';
import { visible } from '#contract/text/visible.ts';
import type { ControlClient } from '../../adapters/control/client.ts';
import { errorDataOf } from '../failure.ts';
import { followEvents } from '../follow-events.ts';
import { wishText } from '../prompt/approval-text.ts';
import { queryText } from '../saved-searches.ts';
import type { GivenAnswer, OpenQuestion } from './open-question.ts';
import { timelineEventsMax } from './timeline.ts';
import type { WatchState } from './watch-state.ts';

/** How often the lists are asked for. */
const refreshEveryMs = 1_000;
/** After something was seen to happen they are asked for this much later, once. */
const refreshSoonMs = 150;
const reconnectEveryMs = 1_000;

/** One session, or all of them. */
export type WhichSessions = { readonly id: string } | { readonly all: true };
export type SessionAct = 'pause' | 'resume' | 'stop' | 'kill';

/** The screen's connection to the supervisor, opened again whenever it is lost. */
export class WatchLink {
  readonly #state: WatchState;
  readonly #connect: () => Promise<ControlClient>;
  readonly #ring: () => void;
  #control: ControlClient | undefined;
  #tail: ControlClient | undefined;
  #refreshTimer: NodeJS.Timeout | undefined;
  #isRefreshing = false;
  #isSoon = false;
  #isClosed = false;
  #wake = () => {};

  /** `ring` is called when a new question can be answered here. */
  constructor(state: WatchState, connect: () => Promise<ControlClient>, ring: () => void) {
    this.#state = state;
    this.#connect = connect;
    this.#ring = ring;
  }

  /** Connects, and again whenever the connection goes. Resolves after `close`. */
  async run(): Promise<void> {
    while (!this.#isClosed) {
      try {
        const control = await this.#connect();
        await this.#serve(control);
      } catch (error) {
        // No supervisor answers, or this one is going: both are what `lost` says. Anything else is a fault of ours.
        if (errorDataOf(error) === undefined) throw error;
      }
      if (this.#isClosed) return;
      this.#state.takeLost();
      await this.#pause(reconnectEveryMs);
    }
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#refreshTimer);
    this.#tail?.close();
    this.#control?.close();
    this.#wake();
  }

  /** Narrows what sessions may do, or lets paused ones go on. */
  act(how: SessionAct, which: WhichSessions): void {
    const whose = 'id' in which ? which.id : 'every session';
    this.#state.say(`${beginnings[how]} ${whose}…`, 'dim');
    this.#try(async (control) => {
      const { sessions } = await callOn(control, how, which);
      const ids = sessions.map(({ id }) => id);
      const done = ids.length > 3 ? `${ids.length} sessions` : ids.join(', ');
      this.#state.say(ids.length === 0 ? 'No session was concerned.' : `${done}: ${outcomes[how]}.`, 'good');
    });
  }

  /** Takes back a grant while its agent runs. */
  revoke(id: string): void {
    this.#try(async (control) => {
      const { grants, closed, visibleTo } = await control.call('grant.revoke', { id });
      const what = grants.map(({ spec }) => visible(spec)).join(', ');
      const cut = closed === 0 ? '' : ` ${closed} open ${closed === 1 ? 'connection was' : 'connections were'} closed.`;
      const seen = visibleTo.length === 0 ? '' : ` Still seen by ${visibleTo.join(', ')} until the end.`;
      this.#state.say(`Taken back: ${what}.${cut}${seen}`, 'good');
    });
  }

  /** Sends a typed answer, bound to what was shown. */
  answer(question: OpenQuestion, { answer, code }: GivenAnswer): void {
    const { asked } = question;
    const control = this.#control;
    if (control === undefined) {
      question.refused('No supervisor answers.');
      return;
    }
    control
      .call('approval.answer', { id: asked.id, digest: asked.digest, answer, ...(code === '' ? {} : { code }) })
      .then(
        ({ approval }) => {
          this.#state.takeAnswered(question);
          const isAllowed = approval.state === 'allowed';
          const words = `${isAllowed ? 'Allowed' : 'Denied'}: ${wishText(asked, this.#state.home)}`;
          this.#state.say(words, isAllowed ? 'good' : 'warn');
          this.#refreshSoon();
        },
        (error: unknown) => question.refused(whatOf(error)),
      )
      .finally(() => this.#state.changed());
  }

  /** Asks what an event means. */
  explain(seq: number): void {
    this.#try(async (control) => {
      const { explanation } = await control.call('why.event', { seq });
      const { view } = this.#state;
      if (view.kind === 'event' && view.event.seq === seq) view.explanation = explanation;
    });
  }

  /** Follows another query. One that cannot be used leaves the timeline as it is. */
  async filter(query: string): Promise<void> {
    const { timeline } = this.#state;
    const early: AuditEvent[] = [];
    let isLive = false;
    let tail: ControlClient | undefined;
    try {
      tail = await this.#connect();
      const text = await queryText(tail, query.split(/\s+/u).filter(Boolean));
      await followEvents(tail, { query: text, tail: timelineEventsMax }, (event) => {
        if (isLive) this.#took(event);
        else early.push(event);
      });
    } catch (error) {
      tail?.close();
      this.#state.filterProblem = whatOf(error);
      this.#state.say(this.#state.filterProblem, 'warn');
      return;
    }
    this.#tail?.close();
    this.#tail = tail;
    void tail.closed.then(() => this.#tailEnded(tail));
    timeline.clear();
    for (const event of early) timeline.push(event);
    isLive = true;
    this.#state.filter = query;
    this.#state.filterProblem = undefined;
    this.#state.changed();
    if (this.#isClosed) tail.close();
  }

  /** The timeline's connection went alone: it is read again, or it would stand still and look quiet. */
  async #tailEnded(tail: ControlClient): Promise<void> {
    if (this.#tail !== tail) return;
    await this.#pause(reconnectEveryMs);
    if (this.#tail !== tail || this.#control === undefined || this.#isClosed) return;
    this.#state.say('The timeline had lost its connection, and was read again.', 'warn');
    await this.filter(this.#state.filter);
  }

  async #serve(control: ControlClient): Promise<void> {
    this.#control = control;
    const state = this.#state;
    control.on('approval.asked', ({ approval, code }) => {
      state.takeAsked(approval, code);
      if (approval.state === 'waiting') this.#ring();
    });
    control.on('approval.changed', ({ approval }) => state.takeChanged(approval));
    try {
      await this.#openSurface(control);
      await this.#refresh(control);
      state.link = 'live';
      state.changed();
      await this.filter(state.filter);
      // A saved search can be gone meanwhile; everything is better than a timeline that stands still.
      if (this.#tail === undefined) await this.filter('');
      this.#plan(refreshEveryMs);
      await control.closed;
    } finally {
      clearTimeout(this.#refreshTimer);
      this.#isSoon = false;
      this.#control = undefined;
      control.close();
      this.#tail?.close();
      this.#tail = undefined;
    }
  }

  async #openSurface(control: ControlClient): Promise<void> {
    try {
      await control.call('approver.open', {});
      this.#state.readOnlyBecause = undefined;
    } catch (error) {
      const data = errorDataOf(error);
      if (data?.code !== 'approval_refused') throw error;
      this.#state.readOnlyBecause = data.why ?? data.what;
    }
  }

  async #refresh(control: ControlClient): Promise<void> {
    const [{ sessions }, { approvals }, { grants }] = await Promise.all([
      control.call('session.list', { all: false }),
      control.call('approval.list', { all: false }),
      control.call('grant.list', { all: false }),
    ]);
    this.#state.takeSessions(sessions);
    this.#state.takeApprovals(approvals);
    this.#state.takeGrants(grants);
  }

  #refreshSoon(): void {
    // Put off no further by what comes after: a flood would keep the lists as they are.
    if (this.#isRefreshing || this.#isSoon) return;
    this.#isSoon = true;
    this.#plan(refreshSoonMs);
  }

  #plan(ms: number): void {
    clearTimeout(this.#refreshTimer);
    this.#refreshTimer = setTimeout(() => {
      this.#isRefreshing = true;
      this.#isSoon = false;
      this.#try((control) => this.#refresh(control)).finally(() => {
        this.#isRefreshing = false;
        if (this.#control !== undefined) this.#plan(refreshEveryMs);
      });
    }, ms);
  }

  #took(event: AuditEvent): void {
    this.#state.timeline.push(event);
    // Not `approval.*`: those come by themselves. A flood of anything asks for the lists once a second all the same.
    if (/^(?:session|grant|task)\./u.test(event.kind)) this.#refreshSoon();
    this.#state.changed();
  }

  /** Does something with the connection, and says what went wrong. */
  async #try(work: (control: ControlClient) => Promise<void>): Promise<void> {
    const control = this.#control;
    try {
      if (control === undefined) this.#state.say('No supervisor answers, so nothing can be done.', 'warn');
      else await work(control);
      this.#state.changed();
    } catch (error) {
      // A connection that went says so by itself.
      if (errorDataOf(error)?.code !== 'supervisor_unreachable') this.#state.say(whatOf(error), 'warn');
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

const beginnings: Readonly<Record<SessionAct, string>> = {
  pause: 'Pausing',
  resume: 'Resuming',
  stop: 'Stopping',
  kill: 'Killing',
};
const outcomes: Readonly<Record<SessionAct, string>> = {
  pause: 'paused',
  resume: 'goes on',
  stop: 'stopped',
  kill: 'killed',
};

function callOn(control: ControlClient, how: SessionAct, which: WhichSessions) {
  switch (how) {
    case 'pause':
      return control.call('session.pause', which);
    case 'resume':
      return control.call('session.resume', which);
    case 'stop':
      return control.call('session.stop', which);
    case 'kill':
      return control.call('session.kill', which);
  }
}

/** What went wrong and what to do, on one line. */
function whatOf(error: unknown): string {
  const data = errorDataOf(error);
  if (data === undefined) return visible(error instanceof Error ? error.message : String(error));
  return [data.what, data.why, data.remedy]
    .filter((part) => part !== undefined)
    .map((part) => visible(part))
    .join(' ');
}

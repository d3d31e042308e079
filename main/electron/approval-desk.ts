/**
 * Guarantee: an answer reaches the supervisor only from the approval window's own page, for the one question that has stood on the
 * screen for a while, with that question's digest, and only one that was offered; what the main window proposes takes effect only after
 * it was confirmed there. Closing the window denies what it shows, once.
 *
 * Threat: a main window that an agent's output took over; a click meant for something else; a question exchanged under the pointer.
 *
 * Limits: other software of the same person can drive windows; the kernel does not know whose hand it is.
 */
import { type BrowserWindow, ipcMain } from 'electron';
import { z } from 'zod';
import { type Answer, type Approval, answerSchema, isAllow } from '#contract/approval.ts';
import {
  type Asking,
  armedAfterMs,
  type Proposal,
  type ProposalOutcome,
  type Question,
  questionKey,
} from '#contract/bridge.ts';
import { channels } from '#contract/channels.ts';
import { operatingError } from '#contract/operating-error.ts';
import { type ControlClient, connectControl } from '../adapters/control/client.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { raise } from './approval-window.ts';
import { closingAnswer, endedText, questionOf } from './asked-in-window.ts';
import { comeOverFullScreen } from './full-screen.ts';
import { isFrom } from './hardening.ts';
import { outcomeOf } from './outcome.ts';
import type { ProposalQuestion } from './prepared.ts';
import { ProposalPace } from './proposal-pace.ts';
import { prepareProposal } from './proposals.ts';
import { schemes } from './schemes.ts';
import { ShownQuestion } from './shown-question.ts';

/** Questions that one proposal may turn out to need: grants, the agent, what it would be told. */
const questionsPerProposalMax = 6;
/** How long the word on a question that ended by itself stands, when no other follows, in milliseconds. */
const endedShownMs = 4_000;

const answerWordsSchema = z.tuple([z.string().max(64), z.string().max(64), answerSchema]);
const keySchema = z.string().max(160);
const drawnWordsSchema = z.tuple([keySchema, z.number().min(0).max(100_000)]);
const readWordsSchema = z.tuple([keySchema]);
const confirmWordsSchema = z.tuple([z.string().max(64), z.boolean()]);

interface Waiting {
  readonly id: string;
  readonly arrival: number;
  readonly question: ProposalQuestion;
  readonly settle: (confirmed: boolean) => void;
}

/** What the desk needs of the shell. */
export interface DeskParts {
  readonly paths: StatePaths;
  readonly home: string;
  readonly window: () => BrowserWindow;
  /** The number of open questions changed. */
  readonly onCount: (count: number) => void;
}

/** The approver's connection, its questions and the window that shows them. */
export class ApprovalDesk {
  readonly #parts: DeskParts;
  readonly #asked = new Map<string, { approval: Approval; readonly code: string; readonly arrival: number }>();
  readonly #proposals: Waiting[] = [];
  readonly #pace = new ProposalPace();
  #control: ControlClient | undefined;
  #refusal: unknown;
  /** Numbers questions and proposals in the order in which they came. */
  #arrivals = 0;
  #closed = false;
  readonly #shown = new ShownQuestion();
  /** The question that stands in the page, or is being drawn there: it stays until it ends. */
  #current: string | undefined;
  /** Answered here, so that their end needs no word. */
  readonly #answering = new Set<string>();
  #hideTimer: NodeJS.Timeout | undefined;
  #closedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  /** Opens the channels of the approval window. */
  listen(): void {
    const isOurs = (event: Electron.IpcMainEvent | Electron.IpcMainInvokeEvent) =>
      isFrom(event, this.#parts.window(), schemes.approval.origin);
    ipcMain.on(channels.approvalReady, (event) => {
      if (isOurs(event)) this.#show();
    });
    ipcMain.on(channels.drawn, (event, ...words: unknown[]) => {
      const parsed = drawnWordsSchema.safeParse(words);
      if (isOurs(event) && parsed.success) this.#drawn(...parsed.data);
    });
    ipcMain.on(channels.read, (event, ...words: unknown[]) => {
      const parsed = readWordsSchema.safeParse(words);
      if (isOurs(event) && parsed.success) this.#shown.read(parsed.data[0], performance.now());
    });
    ipcMain.handle(channels.answer, (event, ...words: unknown[]) => {
      if (!isOurs(event)) throw new Error('refused');
      return outcomeOf(async () => {
        const [id, digest, answer] = answerWordsSchema.parse(words);
        await this.#answer(id, digest, answer);
        return null;
      });
    });
    ipcMain.handle(channels.confirm, (event, ...words: unknown[]) => {
      if (!isOurs(event)) throw new Error('refused');
      return outcomeOf(() => {
        const [id, confirmed] = confirmWordsSchema.parse(words);
        this.#mustStand(id, confirmed);
        this.#proposals.find((each) => each.id === id)?.settle(confirmed);
        return null;
      });
    });
  }

  /** With every new connection of the shell: a second one, which only this desk uses. */
  async connect(): Promise<void> {
    const control = await connectControl(this.#parts.paths);
    control.on('approval.asked', ({ approval, code }) => {
      this.#arrivals += 1;
      this.#asked.set(approval.id, { approval, code, arrival: this.#arrivals });
      this.#show();
      this.#comeForward();
    });
    control.on('approval.changed', ({ approval }) => this.#changed(approval));
    void control.closed.then(() => {
      if (this.#control === control) this.#control = undefined;
      this.#asked.clear();
      // What would be confirmed was looked into over this connection, and can be done over no other.
      for (const { settle } of this.#proposals) settle(false);
      this.#show('The supervisor is not there any more; nothing can be answered until it is back.');
    });
    try {
      await control.call('approver.open', { surface: 'window' });
      this.#control = control;
      this.#refusal = undefined;
    } catch (error) {
      // The shell goes on without: it shows everything and can answer nothing, and says so where somebody tries.
      this.#refusal = error;
      control.close();
    }
  }

  /** The shell quits: nothing is shown or answered any more; what waits goes on waiting for another surface. */
  close(): void {
    this.#closed = true;
    this.#control?.close();
  }

  /** The process that drew the page is gone: what stood there stands nowhere, and cannot be answered until it was drawn again. */
  pageGone(): void {
    this.#shown.leave();
  }

  /** Somebody followed the notification: what waits comes to the front, and arms like any other. */
  toFront(): void {
    if (this.#questions().length === 0) return;
    this.#show();
    this.#comeForward();
    this.#parts.window().focus();
  }

  get count(): number {
    return this.#asked.size + this.#proposals.length;
  }

  /** Shows what the main window wants, and does it once it was confirmed. */
  async propose(proposal: Proposal): Promise<ProposalOutcome> {
    if (proposal.kind === 'show') {
      if (this.#pace.mayShow(performance.now())) this.#bringUp(proposal.approval);
      return { confirmed: false };
    }
    this.#pace.begin(performance.now());
    try {
      return await this.#ask(proposal);
    } finally {
      this.#pace.end();
    }
  }

  async #ask(proposal: Exclude<Proposal, { kind: 'show' }>): Promise<ProposalOutcome> {
    let prepared = await prepareProposal(this.#approver(), proposal, this.#parts.home).catch((error: unknown) => {
      this.#pace.failed(performance.now());
      throw error;
    });
    if (prepared.question === undefined) this.#pace.unasked(performance.now());
    for (let asked = 0; asked < questionsPerProposalMax; asked += 1) {
      if (prepared.question !== undefined && !(await this.#isConfirmed(prepared.question))) return { confirmed: false };
      const acted = await prepared.act();
      if ('done' in acted) return { confirmed: true, ...acted.done };
      prepared = acted.next;
    }
    throw operatingError('too_many', 'What has to be accepted keeps changing.', {
      remedy: 'Nothing was started. Try again when the files stand still.',
    });
  }

  /** The window was closed by the person: what it shows is denied, once, however long the key is held. */
  async closedByPerson(): Promise<void> {
    const nowMs = performance.now();
    const first = this.#questions()[0];
    if (first === undefined) {
      this.#parts.window().hide();
      return;
    }
    if (!this.#shown.isShown(questionKey(first)) || nowMs - this.#closedAtMs < armedAfterMs) return;
    this.#closedAtMs = nowMs;
    if (first.kind === 'proposal') this.#proposals.find((each) => each.id === first.id)?.settle(false);
    // A denial that nobody can take any more has nothing left to deny.
    else await this.#send(first.approval, closingAnswer(first.approval)).catch(() => undefined);
  }

  #approver(): ControlClient {
    if (this.#control !== undefined) return this.#control;
    throw this.#refusal instanceof Error
      ? this.#refusal
      : operatingError('supervisor_unreachable', 'Nothing can be confirmed while the supervisor does not answer.');
  }

  async #answer(id: string, digest: string, answer: Answer): Promise<void> {
    const known = this.#asked.get(id);
    if (known === undefined || known.approval.digest !== digest) {
      throw operatingError('approval_refused', 'This question is no longer the one that was shown.');
    }
    this.#mustStand(questionKey({ kind: 'approval', approval: known.approval }), isAllow(answer));
    if (!known.approval.answers.includes(answer)) {
      throw operatingError('approval_refused', 'That answer was not offered for this question.');
    }
    await this.#send(known.approval, answer);
  }

  async #send({ id, digest }: Approval, answer: Answer): Promise<void> {
    const code = this.#asked.get(id)?.code;
    this.#answering.add(id);
    try {
      await this.#approver().call('approval.answer', { id, digest, answer, ...(code === undefined ? {} : { code }) });
    } finally {
      this.#answering.delete(id);
    }
  }

  #mustStand(key: string, allows: boolean): void {
    const nowMs = performance.now();
    if (allows ? this.#shown.mayAllow(key, nowMs) : this.#shown.mayDeny(key, nowMs)) return;
    throw operatingError('approval_refused', 'This question has not been on the screen for long enough.');
  }

  async #isConfirmed(question: ProposalQuestion): Promise<boolean> {
    this.#arrivals += 1;
    const arrival = this.#arrivals;
    const id = `p-${arrival}`;
    try {
      return await new Promise<boolean>((resolve) => {
        const settle = (confirmed: boolean) => {
          // A connection that was lost is nobody's word.
          if (this.#control !== undefined) this.#pace.answered(confirmed, performance.now());
          resolve(confirmed);
        };
        this.#proposals.push({ id, arrival, question, settle });
        this.#show();
      });
    } finally {
      this.#proposals.splice(
        this.#proposals.findIndex((each) => each.id === id),
        1,
      );
      this.#show();
    }
  }

  #changed(approval: Approval): void {
    const known = this.#asked.get(approval.id);
    if (known === undefined) return;
    const wasShown = this.#current === questionKey({ kind: 'approval', approval: known.approval });
    if (approval.state === 'waiting' || approval.state === 'pending') {
      known.approval = approval;
      this.#show();
      return;
    }
    this.#asked.delete(approval.id);
    this.#show(wasShown && !this.#answering.has(approval.id) ? endedText(approval) : undefined);
  }

  /** Somebody wants to answer this one now: it comes first, and arms like any other. */
  #bringUp(id: string): void {
    const known = this.#asked.get(id);
    if (known === undefined) return;
    const key = questionKey({ kind: 'approval', approval: known.approval });
    if (key !== this.#current) {
      this.#shown.leave();
      this.#current = key;
      this.#show();
    }
    this.#comeForward();
    // Whoever asked for it is there, and typing nothing else.
    this.#parts.window().focus();
  }

  /**
   * A window that is up may lie behind another, or on another screen: what was asked just now brings it forward, whatever it shows. It
   * then comes up under a hand that is doing something else, so that its answers arm anew. Where it has the keys it is in front.
   */
  #comeForward(): void {
    const window = this.#parts.window();
    const key = this.#current;
    if (this.#closed || key === undefined || !this.#shown.isShown(key) || window.isFocused()) return;
    this.#stand(key, window.getContentSize()[1] ?? 0);
  }

  /** The one that is shown stays first, since nothing may move under the pointer; then oldest first, whoever asks. */
  #questions(): Question[] {
    const proposals = this.#proposals.map(({ id, arrival, question }) => {
      const shown: Question = { kind: 'proposal', id, ...question };
      return { arrival, question: shown };
    });
    const asked = [...this.#asked.values()].map(({ approval, arrival }) => ({
      arrival,
      question: questionOf(approval),
    }));
    const rank = (question: Question) => (questionKey(question) === this.#current ? 0 : 1);
    return [...proposals, ...asked]
      .sort((a, b) => rank(a.question) - rank(b.question) || a.arrival - b.arrival)
      .map(({ question }) => question);
  }

  /** Tells the page. The window comes up when the page has drawn the first question, and goes when there is none. */
  #show(ended?: string): void {
    if (this.#closed) return;
    const window = this.#parts.window();
    const questions = this.#questions();
    const [first] = questions;
    const key = first === undefined ? undefined : questionKey(first);
    if (key !== this.#current) this.#shown.leave();
    this.#current = key;
    const asking: Asking = { questions, home: this.#parts.home, ...(ended === undefined ? {} : { ended }) };
    window.webContents.send(channels.asking, asking);
    this.#parts.onCount(questions.length);
    clearTimeout(this.#hideTimer);
    if (first !== undefined) return;
    if (ended === undefined || !window.isVisible()) window.hide();
    else this.#hideTimer = setTimeout(() => window.hide(), endedShownMs);
  }

  #drawn(key: string, heightPx: number): void {
    if (!this.#closed && key === this.#current) this.#stand(key, heightPx);
  }

  #stand(key: string, heightPx: number): void {
    const window = this.#parts.window();
    raise(window, heightPx);
    this.#shown.show(key, performance.now());
    window.webContents.send(channels.shown, key);
    void comeOverFullScreen(window, () => key === this.#current && !this.#closed);
  }
}

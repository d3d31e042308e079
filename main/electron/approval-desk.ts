/**
 * Guarantee: an answer reaches the supervisor only from the approval window's own page, for a question that it was shown, with that
 * question's digest; what the main window proposes takes effect only after it was confirmed there. Closing the window denies what it shows, once.
 *
 * Threat: a main window that an agent's output took over; a click meant for something else; a question exchanged under the pointer.
 *
 * Limits: other software of the same person can drive windows; the page arms its buttons, the kernel cannot.
 */
import { type BrowserWindow, ipcMain, Notification } from 'electron';
import { z } from 'zod';
import type { Answer, Approval } from '#contract/approval.ts';
import { answerSchema } from '#contract/approval.ts';
import type { Proposal, ProposalOutcome, Question } from '#contract/bridge.ts';
import { channels } from '#contract/channels.ts';
import { operatingError } from '#contract/operating-error.ts';
import { type ControlClient, connectControl } from '../adapters/control/client.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import { centreOnActiveScreen } from './app-windows.ts';
import { isFrom } from './hardening.ts';
import { outcomeOf } from './outcome.ts';
import { type Prepared, prepareProposal } from './proposals.ts';
import { schemes } from './schemes.ts';

/** Proposals that wait at a time: a window that floods gets refusals. */
const proposalsMax = 4;

const answerWordsSchema = z.tuple([z.string().max(64), z.string().max(64), answerSchema]);
const confirmWordsSchema = z.tuple([z.string().max(64), z.boolean()]);

interface Waiting {
  readonly id: string;
  readonly prepared: Prepared;
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
  readonly #asked = new Map<string, { approval: Approval; readonly code: string }>();
  readonly #proposals: Waiting[] = [];
  #control: ControlClient | undefined;
  #refusal: unknown;
  #lastProposal = 0;
  #closed = false;

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
        this.#proposals.find((each) => each.id === id)?.settle(confirmed);
        return null;
      });
    });
  }

  /** With every new connection of the shell: a second one, which only this desk uses. */
  async connect(): Promise<void> {
    const control = await connectControl(this.#parts.paths);
    control.on('approval.asked', ({ approval, code }) => {
      this.#asked.set(approval.id, { approval, code });
      this.#announce(approval);
      this.#show();
    });
    control.on('approval.changed', ({ approval }) => {
      const known = this.#asked.get(approval.id);
      if (known === undefined) return;
      if (approval.state === 'waiting' || approval.state === 'pending') known.approval = approval;
      else this.#asked.delete(approval.id);
      this.#show();
    });
    void control.closed.then(() => {
      if (this.#control === control) this.#control = undefined;
      this.#asked.clear();
      this.#show();
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

  get count(): number {
    return this.#asked.size + this.#proposals.length;
  }

  /** Shows what the main window wants, and does it once it was confirmed. */
  async propose(proposal: Proposal): Promise<ProposalOutcome> {
    if (proposal.kind === 'show') {
      this.#show();
      this.#parts.window().focus();
      return { confirmed: false };
    }
    if (this.#proposals.length >= proposalsMax) {
      throw operatingError('too_many', `${proposalsMax} proposals wait already.`, { remedy: 'Answer them first.' });
    }
    const prepared = await prepareProposal(this.#approver(), proposal, this.#parts.home);
    if (prepared.question === undefined) return { confirmed: true, ...(await prepared.act()) };
    this.#lastProposal += 1;
    const id = `p-${this.#lastProposal}`;
    const confirmed = await new Promise<boolean>((resolve) => {
      this.#proposals.push({ id, prepared, settle: resolve });
      this.#show();
    });
    this.#proposals.splice(
      this.#proposals.findIndex((each) => each.id === id),
      1,
    );
    this.#show();
    return confirmed ? { confirmed, ...(await prepared.act()) } : { confirmed };
  }

  /** The window was closed by the person: what it shows is denied, once. */
  async closedByPerson(): Promise<void> {
    const [first] = this.#questions();
    if (first === undefined) return;
    if (first.kind === 'proposal') this.#proposals.find((each) => each.id === first.id)?.settle(false);
    else await this.#answer(first.approval.id, first.approval.digest, 'deny-once').catch(() => undefined);
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
    await this.#approver().call('approval.answer', { id, digest, answer, code: known.code });
  }

  /** Oldest first; proposals of the person's own come before, since they wait for nothing else. */
  #questions(): Question[] {
    const proposals = this.#proposals.flatMap(({ id, prepared }): Question[] =>
      prepared.question === undefined ? [] : [{ kind: 'proposal', id, ...prepared.question }],
    );
    const asked = [...this.#asked.values()].map(({ approval }): Question => ({ kind: 'approval', approval }));
    return [...proposals, ...asked];
  }

  #show(): void {
    if (this.#closed) return;
    const window = this.#parts.window();
    const questions = this.#questions();
    window.webContents.send(channels.questions, questions, this.#parts.home);
    this.#parts.onCount(questions.length);
    if (questions.length === 0) window.hide();
    else if (!window.isVisible()) {
      centreOnActiveScreen(window);
      // It comes up in front of everything, without taking the keys that are being typed elsewhere.
      window.showInactive();
      window.moveTop();
    }
  }

  #announce(approval: Approval): void {
    if (!Notification.isSupported()) return;
    // No buttons: an answer is given where all the facts are.
    new Notification({
      title: 'Gatehouse asks',
      body: `${approval.agent} waits for your answer.`,
      silent: true,
    }).show();
  }
}

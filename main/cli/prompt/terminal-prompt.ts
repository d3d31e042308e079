/**
 * Guarantee: while a question is shown, every key goes to it and none to the agent, and no byte of the agent reaches the
 * terminal; only words typed after it was shown, with its code, allow.
 *
 * Threat: an agent that draws over the question, moves the cursor into it, or leaves keys in the terminal's input (a
 * status report it asked for) that would count as an answer; a person who types on while the question appears.
 *
 * Limits: a terminal that the agent has driven into a state of which neither it nor we know the end may show the question
 * badly; it still needs the code.
 */
import type { Answer, Approval } from '#contract/approval.ts';
import type { Screen } from '../render/screen.ts';
import { plainDenial, wordOf } from './answer-words.ts';
import { answerLines, claimLines, questionText, waitText } from './approval-text.ts';
import { TypedAnswer } from './typed-answer.ts';

/** Questions that wait behind the one shown. */
const waitingMax = 64;

/** What the prompt does to the terminal. */
export interface PromptTerminal {
  readonly screen: Screen;
  readonly home: string;
  readonly rows: number;
  write(text: string): void;
  /** Holds the agent's output and puts the terminal into a plain state. Resolves when nothing more of it will come. */
  take(): Promise<void>;
  /** Gives the terminal back as it was. */
  giveBack(): void;
  nowMs(): number;
}

interface Asked {
  approval: Approval;
  readonly code: string;
}

/** Asks on the terminal of a session, one question after the other. */
export class TerminalPrompt {
  readonly #terminal: PromptTerminal;
  readonly #send: (approval: Approval, answer: Answer, code: string) => Promise<void>;
  readonly #typed = new TypedAnswer();
  readonly #waiting: Asked[] = [];
  #shown: Asked | undefined;
  #busy = false;
  #taken: Promise<void> | undefined;

  constructor(terminal: PromptTerminal, send: (approval: Approval, answer: Answer, code: string) => Promise<void>) {
    this.#terminal = terminal;
    this.#send = send;
  }

  /** Whether keys are the prompt's. */
  get isOpen(): boolean {
    return this.#shown !== undefined;
  }

  ask(approval: Approval, code: string): void {
    if (approval.state !== 'waiting' || this.#waiting.length >= waitingMax) return;
    this.#waiting.push({ approval, code });
    if (this.#shown === undefined) this.#next();
    else this.#draw();
  }

  /** A question changed: one that no longer waits disappears. */
  changed(approval: Approval): void {
    const index = this.#waiting.findIndex((asked) => asked.approval.id === approval.id);
    const waits = approval.state === 'waiting';
    const waiting = this.#waiting[index];
    if (waiting !== undefined && waits) waiting.approval = approval;
    else if (index !== -1) this.#waiting.splice(index, 1);
    if (this.#shown?.approval.id !== approval.id) return;
    if (!waits) this.#next();
    else {
      this.#shown.approval = approval;
      this.#draw();
    }
  }

  /** Keys that were typed while a question is shown. */
  keys(bytes: Uint8Array): void {
    const shown = this.#shown;
    if (shown === undefined || this.#busy) return;
    const { answers } = shown.approval;
    const typed = this.#typed.keys(bytes, this.#terminal.nowMs(), { answers, code: shown.code });
    if (typed === 'editing') this.#draw();
    else if (typed === 'cancelled') this.#answer(shown, plainDenial(shown.approval.answers), '');
    else if (typed !== 'nothing') this.#answer(shown, typed.answer, typed.code);
  }

  /** The terminal has another size. */
  resized(): void {
    this.#draw();
  }

  /** The session is over, or the connection is gone: nothing is asked any more. */
  close(): void {
    this.#waiting.length = 0;
    if (this.#shown !== undefined) this.#next();
  }

  #answer({ approval }: Asked, answer: Answer, code: string): void {
    this.#busy = true;
    this.#send(approval, answer, code)
      .then(
        () => {
          if (this.#shown?.approval.id === approval.id) this.#next();
        },
        (error: unknown) => {
          this.#typed.fail(error instanceof Error ? error.message : String(error));
          this.#draw();
        },
      )
      .finally(() => {
        this.#busy = false;
      });
  }

  #next(): void {
    this.#typed.drop();
    this.#shown = this.#waiting.shift();
    if (this.#shown === undefined) {
      const taken = this.#taken;
      this.#taken = undefined;
      void taken?.then(() => this.#terminal.giveBack());
      return;
    }
    this.#typed.begin(this.#terminal.nowMs());
    this.#taken ??= this.#terminal.take();
    void this.#taken.then(() => this.#draw('\x07'));
  }

  #draw(bell = ''): void {
    const shown = this.#shown;
    if (shown === undefined || this.#taken === undefined) return;
    const { screen, home, rows } = this.#terminal;
    const { approval, code } = shown;
    const rule = screen.paint('dim', '─'.repeat(Math.min(screen.columns, 78)));
    const behind = this.#waiting.length;
    const head = `${screen.paint('strong', 'Gatehouse asks')}${behind > 0 ? `   ${behind} more waiting` : ''}`;
    const { act, facts } = questionText(approval, screen, home);
    const lines = fitQuestion(Math.max(rows - 1, 1), {
      above: [head, rule, ...act],
      facts,
      claim: claimLines(approval, screen),
      below: [
        rule,
        ...answerLines(approval, code, screen, home),
        rule,
        screen.paint('dim', waitText(approval)),
        ...(this.#typed.problem === '' ? [] : [screen.paint('warn', this.#typed.problem)]),
      ],
      more: screen.paint('warn', '… more facts: make the window taller'),
      tooSmall: screen.paint(
        'warn',
        `Make the window taller to allow. \`${wordOf(plainDenial(approval.answers), code)}\` denies.`,
      ),
    });
    this.#terminal.write(`${bell}\x1b[H\x1b[2J${lines.join('\r\n')}\r\n> ${this.#typed.text}`);
  }
}

interface QuestionLines {
  readonly above: readonly string[];
  readonly facts: readonly (readonly string[])[];
  readonly claim: readonly string[];
  readonly below: readonly string[];
  readonly more: string;
  readonly tooSmall: string;
}

/**
 * At most `room` lines. Who wants to do what stays whole, and what each answer does; between them a claim gives way first,
 * then facts from the last one up. Where not even those fit, no code is shown, so that nothing can be allowed unseen.
 */
function fitQuestion(room: number, question: QuestionLines): readonly string[] {
  const { above, facts, claim, below, more, tooSmall } = question;
  const tightAbove = above.filter(Boolean);
  const whole = [above, tightAbove].map((top) => [...top, ...facts.flat(), ...claim, ...below]);
  const fitting = whole.find((lines) => lines.length <= room);
  if (fitting !== undefined) return fitting;
  for (let count = facts.length; count >= 0; count -= 1) {
    const kept = facts.slice(0, count).flat();
    const lines = [...tightAbove, ...kept, ...(count === facts.length ? [] : [more]), ...below];
    if (lines.length <= room) return lines;
  }
  return [...tightAbove.slice(0, room - 1), tooSmall];
}

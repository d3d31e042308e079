import { type Answer, isAllow } from '#contract/approval.ts';
import { type ApprovalBridge, type Asking, type Outcome, type Question, questionKey } from '#contract/bridge.ts';
import { visible } from '#contract/text/visible.ts';
import { type AnswerBar, answerBar, buttonAttribute, chosenBar, confirmBar, type Pressed } from './answer-bar.ts';
import { choicesOf, labelOf, plainDenial } from './answer-words.ts';
import { ArmedButtons } from './armed-buttons.ts';
import { Arming } from './arming.ts';
import { element } from './element.ts';
import { EndInView } from './end-in-view.ts';
import { proposalView } from './proposal-view.ts';
import { effectSentence } from './question-words.ts';
import { givenUpText, queueText, timeLeft, waitText } from './queue-words.ts';
import { sessionQuestionView } from './session-question-view.ts';
import { spanNodes } from './shown-text.ts';
import { inWords, type Span, spokenText } from './spans.ts';

/** How often the time that a question has waited is written anew. */
const tickMs = 500;

/** Stands where the queue does while there is none. */
const keysHint = 'Esc says no once. Tab to an answer, then Enter gives it.';
/** Beside it while what lets something happen cannot be pressed yet. */
const endHint = 'Read to the end to allow it';
const lineHeightPx = 20;

/**
 * The one page of the approval window. It draws the first question, tells the shell when it stands, and hands on the answer that the
 * arming lets through. While a question is shown nothing of it moves; only the waiting time and the line about the queue change.
 */
export class ApprovalPage {
  readonly #bridge: ApprovalBridge;
  readonly #wait = element('span', { class: 'wait' });
  readonly #time = element('div', { class: 'time', 'aria-hidden': 'true' });
  readonly #header = element('header', {}, this.#wait);
  readonly #sentence = element('h1', { id: 'sentence', tabindex: '-1' });
  readonly #body = element('div', { class: 'body', id: 'asked' });
  readonly #scroll = element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'What is asked' },
    this.#body,
  );
  readonly #notice = element('p', { class: 'notice', role: 'status' });
  readonly #place = element('div', {});
  readonly #queue = element('p', { class: 'queue', 'aria-live': 'polite' });
  readonly #hint = element('p', { class: 'hint', id: 'hint' });
  readonly #spoken = element('div', { class: 'spoken', role: 'alert', 'aria-live': 'assertive' });
  readonly #frame = element(
    'section',
    { class: 'frame', role: 'alertdialog', 'aria-labelledby': 'sentence', 'aria-describedby': 'asked' },
    this.#header,
    this.#sentence,
    this.#time,
    this.#scroll,
    element('footer', {}, this.#notice, this.#place, element('div', { class: 'last' }, this.#queue, this.#hint)),
  );
  readonly #buttons: ArmedButtons;
  readonly #end: EndInView;
  #asking: Asking = { questions: [], home: '' };
  #key: string | undefined;
  #bar: AnswerBar | undefined;
  #chosen: Answer | undefined;
  /** What is announced once the window shows it. */
  #words = '';

  constructor(bridge: ApprovalBridge, page: HTMLElement) {
    this.#bridge = bridge;
    this.#buttons = new ArmedButtons(new Arming((name) => this.#allows(name)), {
      pressed: (name) => this.#pressed(name),
      escape: (isRepeat) => this.#escape(isRepeat),
    });
    this.#end = new EndInView(this.#sentence, this.#scroll, () => this.#seen());
    page.replaceChildren(element('main', {}, this.#frame), this.#spoken);
    this.#buttons.listen();
    this.#end.listen();
    this.#sentence.addEventListener('keydown', (event) => this.#scrollByKey(event));
    setInterval(() => this.#tick(), tickMs);
  }

  /** Something changed: another question is first, or what is known of this one. */
  update(asking: Asking): void {
    this.#asking = asking;
    const [first] = asking.questions;
    const key = first === undefined ? undefined : questionKey(first);
    if (key !== this.#key) this.#draw(first, key);
    else if (first !== undefined && asking.ended !== undefined) this.#say(asking.ended);
    this.#tellQueue();
    this.#tick();
  }

  /** The window shows this question from now on. */
  shown(key: string): void {
    if (key !== this.#key) return;
    this.#announce(this.#words);
    this.#stand(key);
  }

  /** Answers may arm from now on; those that let something happen once the end was in view. */
  #stand(key: string): void {
    this.#buttons.shown(key);
    if (this.#end.seen) this.#seen();
    // The window has its size by then.
    else requestAnimationFrame(() => this.#end.look());
    this.#tellQueue();
  }

  #seen(): void {
    const key = this.#buttons.question;
    if (key === undefined) return;
    this.#buttons.read();
    this.#bridge.read(key);
    this.#tellQueue();
  }

  #draw(question: Question | undefined, key: string | undefined): void {
    this.#buttons.replace();
    this.#key = key;
    this.#chosen = undefined;
    this.#say(this.#asking.ended ?? '');
    this.#frame.classList.remove('chosen');
    this.#frame.classList.toggle('ended', question === undefined);
    this.#announce('');
    this.#words = '';
    if (question === undefined) {
      this.#bar = undefined;
      this.#header.replaceChildren();
      this.#sentence.replaceChildren(...spanNodes([inWords(this.#asking.ended ?? 'Nothing waits for an answer.')]));
      this.#body.replaceChildren();
      this.#place.replaceChildren();
      this.#end.watch(undefined);
      this.#say('');
      this.#announce(visible(this.#asking.ended ?? ''));
      return;
    }
    const { home } = this.#asking;
    const view = question.kind === 'approval' ? sessionQuestionView(question, home) : proposalView(question);
    this.#frame.dataset['risk'] = question.kind === 'approval' ? question.approval.risk : question.risk;
    this.#header.replaceChildren(view.header, this.#wait);
    this.#body.replaceChildren(...view.asked, ...view.more);
    this.#scroll.scrollTop = 0;
    this.#end.watch(view.asked.at(-1));
    this.#write(view.sentence, this.#barOf(question));
    this.#words = `${view.spoken}. ${queueText(this.#asking.questions)}`;
    // Everything that takes room has to stand before it is measured.
    this.#tellQueue();
    this.#tick();
    const height = this.#frame.offsetHeight - this.#scroll.clientHeight + this.#body.offsetHeight;
    if (key !== undefined) this.#bridge.drawn(key, Math.ceil(height));
  }

  #barOf(question: Question): AnswerBar {
    if (question.kind === 'proposal') return confirmBar(question.confirm);
    return answerBar(choicesOf(question.approval), {
      choose: (answer) => this.#choose(answer),
      back: () => this.#back(),
    });
  }

  /** A sentence and its buttons, which can be pressed once they are armed. */
  #write(sentence: readonly Span[], bar: AnswerBar): void {
    this.#sentence.replaceChildren(...spanNodes(sentence));
    this.#bar = bar;
    this.#place.replaceChildren(bar.node);
    this.#sentence.scrollTop = 0;
    for (const button of bar.node.querySelectorAll(`[${buttonAttribute}]`)) {
      if (this.#allows(button.getAttribute(buttonAttribute) ?? '')) button.setAttribute('aria-describedby', 'hint');
    }
    // No button has the keys by itself; Tab begins here.
    this.#sentence.focus({ preventScroll: true });
  }

  /** Another answer than the plain ones: what it would do stands in the question's place before it can be pressed. */
  #choose(answer: Answer): void {
    const question = this.#asking.questions[0];
    if (question?.kind !== 'approval' || !question.approval.answers.includes(answer)) return;
    const sentence = effectSentence(answer, question, this.#asking.home, Date.now());
    this.#rewrite(
      answer,
      sentence,
      chosenBar({ answer, label: confirmLabel(answer, labelOf(answer, question.approval)) }, this.#listener),
    );
    this.#announce(`${spokenText(sentence)}. Confirm, or go back.`);
  }

  #back(): void {
    const question = this.#asking.questions[0];
    if (question?.kind !== 'approval') return;
    const { sentence } = sessionQuestionView(question, this.#asking.home);
    this.#rewrite(undefined, sentence, this.#barOf(question));
  }

  #rewrite(chosen: Answer | undefined, sentence: readonly Span[], bar: AnswerBar): void {
    const key = this.#buttons.question;
    this.#buttons.replace();
    this.#chosen = chosen;
    this.#frame.classList.toggle('chosen', chosen !== undefined);
    this.#end.watchSentence();
    this.#write(sentence, bar);
    if (key !== undefined) this.#stand(key);
  }

  get #listener() {
    return { choose: (answer: Answer) => this.#choose(answer), back: () => this.#back() };
  }

  /** Whether this button lets something happen. */
  #allows(name: string): boolean {
    const pressed = this.#bar?.answers.get(name);
    if (pressed === undefined) return false;
    return 'answer' in pressed ? isAllow(pressed.answer) : pressed.confirmed;
  }

  #pressed(name: string): void {
    const pressed = this.#bar?.answers.get(name);
    if (pressed !== undefined) void this.#give(pressed);
  }

  #escape(isRepeat: boolean): void {
    if (this.#bar?.closeMenu() === true) return;
    if (this.#chosen !== undefined) {
      this.#back();
      return;
    }
    const question = this.#asking.questions[0];
    if (question === undefined || !this.#buttons.act(isRepeat)) return;
    const answer = question.kind === 'approval' ? plainDenial(question.approval.answers) : undefined;
    if (question.kind === 'proposal') void this.#give({ confirmed: false });
    else if (answer !== undefined) void this.#give({ answer });
  }

  async #give(pressed: Pressed): Promise<void> {
    const question = this.#asking.questions[0];
    const key = this.#buttons.question;
    // What was pressed belongs to the question that stood armed, and to no other.
    if (question === undefined || key === undefined || key !== questionKey(question)) return;
    this.#buttons.replace();
    const outcome = await this.#send(question, pressed);
    if (outcome.ok || this.#key !== key) return;
    this.#say([outcome.error.what, outcome.error.why, outcome.error.remedy].filter(Boolean).join(' '));
    this.#stand(key);
  }

  async #send(question: Question, pressed: Pressed): Promise<Outcome<null>> {
    if (question.kind === 'proposal') {
      return this.#bridge.confirm(question.id, 'confirmed' in pressed && pressed.confirmed);
    }
    if (!('answer' in pressed)) return { ok: true, value: null };
    const { id, digest } = question.approval;
    return this.#bridge.answer(id, digest, pressed.answer);
  }

  #tellQueue(): void {
    const { questions } = this.#asking;
    const [first] = questions;
    const givenUp = first === undefined ? '' : givenUpText(first, Date.now());
    write(this.#queue, [givenUp, queueText(questions)].filter((text) => text !== '').join(' · ') || keysHint);
    const isUnread = this.#buttons.question !== undefined && !this.#end.seen;
    write(this.#hint, isUnread ? endHint : '');
  }

  #say(text: string): void {
    // Empty, it takes no room.
    this.#notice.replaceChildren(...(text === '' ? [] : spanNodes([inWords(text)])));
  }

  #announce(text: string): void {
    this.#spoken.textContent = text;
  }

  #tick(): void {
    const [first] = this.#asking.questions;
    const now = Date.now();
    write(this.#wait, first === undefined ? '' : waitText(first, now));
    const left = first === undefined ? undefined : timeLeft(first, now);
    this.#time.classList.toggle('runs', left !== undefined);
    this.#time.style.setProperty('--left', String(left ?? 0));
    if (left === 0) this.#tellQueue();
  }

  /** The sentence has the keys at first; what is below it scrolls with them all the same. */
  #scrollByKey(event: KeyboardEvent): void {
    const page = this.#scroll.clientHeight - lineHeightPx;
    const far = this.#scroll.scrollHeight;
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: lineHeightPx * 2,
      ArrowUp: -lineHeightPx * 2,
      PageDown: page,
      PageUp: -page,
      End: far,
      Home: -far,
    };
    const step = steps[event.key];
    if (step === undefined || this.#sentence.scrollHeight > this.#sentence.clientHeight) return;
    event.preventDefault();
    this.#scroll.scrollBy(0, step);
  }
}

function write(place: HTMLElement, text: string): void {
  // The same text again would be announced again.
  if (place.textContent !== text) place.textContent = text;
}

/** On the button that confirms, a whole verb. */
function confirmLabel(answer: Answer, label: string): string {
  if (answer === 'allow-15m') return 'Allow for 15 minutes';
  if (answer === 'allow-task') return label === 'For this task' ? 'Allow for this task' : label;
  return answer === 'always' ? 'Always allow' : label;
}

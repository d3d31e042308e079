import type { Answer } from '#contract/approval.ts';
import type { Choice, Choices } from './answer-words.ts';
import { element, icon } from './element.ts';

/** What a press on one of the bar's buttons means. */
export type Pressed = { readonly answer: Answer } | { readonly confirmed: boolean };

/** What the bar tells the page: choosing changes what is shown and answers nothing. */
export interface BarListener {
  choose(answer: Answer): void;
  back(): void;
}

/** The buttons below a question: those that answer, by their names, and those that only open or choose. */
export interface AnswerBar {
  readonly node: HTMLElement;
  readonly answers: ReadonlyMap<string, Pressed>;
  /** Closes an open list of answers; false when none was open. */
  closeMenu(): boolean;
}

/** Buttons that answer carry their name here. */
export const buttonAttribute = 'data-answers';

/** The buttons of a question: what it offers and nothing else. */
export function answerBar(choices: Choices, listener: BarListener): AnswerBar {
  const { deny, otherDenials, allow, wider } = choices;
  const answers = new Map<string, Pressed>();
  const menus: Menu[] = [];
  const answering = (choice: Choice | undefined, look: string) => {
    if (choice === undefined) return undefined;
    answers.set(choice.answer, { answer: choice.answer });
    return answerButton(choice.answer, choice.label, look);
  };
  const menu = (label: string, items: readonly Choice[]) => {
    if (items.length === 0) return undefined;
    const made = choiceMenu(label, items, (answer) => listener.choose(answer));
    menus.push(made);
    return made.node;
  };
  const [first] = wider;
  const widerButton =
    first === undefined ? undefined : element('button', { type: 'button', class: 'button' }, `${first.label}…`);
  widerButton?.addEventListener('click', () => first !== undefined && listener.choose(first.answer));
  return {
    node: element(
      'div',
      { class: 'bar' },
      element('div', { class: 'group' }, answering(deny, 'button'), menu('Other ways to deny', otherDenials)),
      element('div', { class: 'group spread' }, answering(allow, 'button')),
      first === undefined
        ? undefined
        : element('div', { class: 'group' }, widerButton, menu('Other ways to allow for longer', wider.slice(1))),
    ),
    answers,
    closeMenu: () => menus.some((each) => each.close()),
  };
}

/** The buttons of an answer that was chosen: its sentence stands above them now. */
export function chosenBar({ answer, label }: Choice, listener: BarListener): AnswerBar {
  const back = element('button', { type: 'button', class: 'button' }, 'Back');
  back.addEventListener('click', () => listener.back());
  const confirm = answerButton(answer, label, 'button');
  return {
    node: element('div', { class: 'bar' }, back, element('div', { class: 'group spread' }, confirm)),
    answers: new Map([[answer, { answer }]]),
    closeMenu: () => false,
  };
}

/** The buttons of a proposal. */
export function confirmBar(confirm: string): AnswerBar {
  return {
    node: element(
      'div',
      { class: 'bar' },
      answerButton('cancel', 'Cancel', 'button'),
      element('div', { class: 'group spread' }, answerButton('confirm', confirm, 'button')),
    ),
    answers: new Map<string, Pressed>([
      ['cancel', { confirmed: false }],
      ['confirm', { confirmed: true }],
    ]),
    closeMenu: () => false,
  };
}

function answerButton(name: string, label: string, look: string): HTMLElement {
  return element(
    'button',
    { type: 'button', class: `${look} answers`, [buttonAttribute]: name, 'aria-disabled': 'true' },
    element('span', { class: 'fill', 'aria-hidden': 'true' }),
    element('span', { class: 'label' }, label),
  );
}

interface Menu {
  readonly node: HTMLElement;
  close(): boolean;
}

function choiceMenu(label: string, choices: readonly Choice[], choose: (answer: Answer) => void): Menu {
  const items = choices.map(({ answer, label: words }) => {
    const item = element('button', { type: 'button', role: 'menuitem', tabindex: '-1' }, `${words}…`);
    item.addEventListener('click', () => choose(answer));
    return item;
  });
  const list = element('div', { class: 'menu', role: 'menu', 'aria-label': label, hidden: '' }, ...items);
  const opener = element(
    'button',
    { type: 'button', class: 'button opener', 'aria-label': label, 'aria-haspopup': 'menu', 'aria-expanded': 'false' },
    icon('down'),
  );
  const show = (open: boolean) => {
    list.hidden = !open;
    opener.setAttribute('aria-expanded', String(open));
    if (open) items[0]?.focus();
  };
  const close = () => {
    if (list.hidden !== false) return false;
    show(false);
    opener.focus();
    return true;
  };
  opener.addEventListener('click', () => show(list.hidden !== false));
  list.addEventListener('keydown', (event) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const at = items.findIndex((item) => item.matches(':focus'));
    items[(at + step + items.length) % items.length]?.focus();
  });
  const node = element('div', { class: 'menu-place' }, opener, list);
  node.addEventListener('focusout', (event) => {
    if (!(event.relatedTarget instanceof Node && node.contains(event.relatedTarget))) show(false);
  });
  return { node, close };
}

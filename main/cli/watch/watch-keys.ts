/**
 * Guarantee: a key does what the screen shows it will do, to the row that is marked. Nothing a key does here widens
 * anything; that takes an answer, which is typed (`open-question.ts`).
 *
 * Threat: keys that come while the screen changes; a paste that happens to hold command letters.
 *
 * Limits: letters that a terminal hands over together, as after a hang, are taken for a paste and do nothing.
 */
import { type Key, KeyReader } from './keys.ts';
import { LineInput } from './line-input.ts';
import { paneHeights } from './pane-heights.ts';
import type { SessionAct, WatchLink } from './watch-link.ts';
import { type Entry, panes, type WatchState } from './watch-state.ts';

/** Nothing follows an Escape for this long: it was the key. */
const escapeMs = 60;

/** What the keys need of the connection. */
export type KeyEffects = Pick<WatchLink, 'act' | 'revoke' | 'answer' | 'explain' | 'filter'>;

/** Turns what is typed into moves on the screen and calls to the supervisor. */
export class WatchKeys {
  readonly #state: WatchState;
  readonly #effects: KeyEffects;
  readonly #leave: (how: 'asked' | 'interrupted') => void;
  readonly #reader = new KeyReader();
  #timer: NodeJS.Timeout | undefined;
  /** Called for Ctrl-L: something else has written to the terminal. */
  onRepaint = () => {};

  constructor(state: WatchState, effects: KeyEffects, leave: (how: 'asked' | 'interrupted') => void) {
    this.#state = state;
    this.#effects = effects;
    this.#leave = leave;
  }

  /** Takes a chunk of what the terminal sent. */
  push(bytes: Uint8Array): void {
    clearTimeout(this.#timer);
    const { view } = this.#state;
    // The question reads the bytes itself: it drops what came too early, and what follows a line's end.
    if (view.kind === 'question') {
      const given = view.question.keys(bytes, this.#state.clock.steady());
      if (given !== undefined) this.#effects.answer(view.question, given);
    }
    const keys = this.#reader.push(bytes);
    const isPaste = keys.some((key) => key.name === 'text' && (keys.length > 1 || new Set(key.text).size > 1));
    for (const key of keys) this.#press(key, isPaste);
    if (this.#reader.isHolding) {
      this.#timer = setTimeout(() => {
        for (const key of this.#reader.flush()) this.#press(key, false);
        this.#state.redraw();
      }, escapeMs);
    }
    this.#state.redraw();
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #press(key: Key, isPaste: boolean): void {
    const { view, entry } = this.#state;
    if (key.name === 'ctrl-c') this.#leave('interrupted');
    else if (key.name === 'ctrl-l') this.onRepaint();
    else if (entry !== undefined) this.#edit(entry, key);
    else if (view.kind === 'question') this.#read(key);
    // What was pasted is text for a line, and no command.
    else if (!isPaste) this.#command(key);
  }

  /** A question is open: letters are its answer; only keys that write nothing move. */
  #read(key: Key): void {
    const { view } = this.#state;
    if (view.kind !== 'question') return;
    if (key.name === 'escape') this.#state.view = { kind: 'panes' };
    else if (key.name === 'enter' && !view.question.isAnswerable && view.question.isArmed(this.#state.clock.steady())) {
      this.#state.view = { kind: 'panes' };
    } else view.scroll = Math.max(0, view.scroll - stepOf(key, this.#pageRows()));
  }

  #command(key: Key): void {
    const state = this.#state;
    state.unsay();
    if (key.name === 'text') {
      // The same one several times is a key that was held down.
      this.#letter([...key.text][0] ?? '');
      return;
    }
    const { view } = state;
    if (key.name === 'escape' || (key.name === 'left' && view.kind !== 'panes')) {
      if (view.kind === 'panes') state.timeline.follow();
      else state.view = view.kind === 'keys' ? view.before : { kind: 'panes' };
    } else if (view.kind === 'panes') this.#move(key);
    else if (view.kind === 'session') state.grants.move(stepOf(key, this.#pageRows()));
    else if (view.kind === 'event') view.scroll = Math.max(0, view.scroll + stepOf(key, this.#pageRows()));
  }

  #move(key: Key): void {
    const state = this.#state;
    const turn = { tab: 1, right: 1, 'back-tab': -1, left: -1 }[key.name as 'tab'];
    if (turn !== undefined) {
      const index = panes.indexOf(state.focus) + turn + panes.length;
      state.focus = panes[index % panes.length] ?? 'sessions';
      return;
    }
    if (key.name === 'enter') {
      this.#open();
      return;
    }
    const heights = paneHeights(state.rows);
    const step = stepOf(key, heights[state.focus]);
    if (step === 0) return;
    if (state.focus !== 'timeline') state[state.focus].move(step);
    else if (key.name === 'end') state.timeline.follow();
    else state.timeline.move(step, heights.timeline);
  }

  #open(): void {
    const state = this.#state;
    if (state.focus === 'sessions') {
      const id = state.sessions.selected?.item.id;
      if (id !== undefined) state.openSession(id);
    } else if (state.focus === 'approvals') {
      const approval = state.approvals.selected?.item;
      if (approval !== undefined) state.openQuestion(approval);
    } else {
      const event = state.timeline.selected;
      if (event === undefined) {
        // Rows move while the newest are followed: the first Enter puts the cursor down, the next one opens.
        state.timeline.hold(paneHeights(state.rows).timeline);
        return;
      }
      state.view = { kind: 'event', event, explanation: undefined, scroll: 0 };
      this.#effects.explain(event.seq);
    }
  }

  #letter(letter: string): void {
    const state = this.#state;
    const { view } = state;
    if (letter === 'q') this.#leave('asked');
    else if (letter === '?') state.view = view.kind === 'keys' ? view.before : { kind: 'keys', before: view };
    else if (letter === '/' && view.kind === 'panes') {
      state.focus = 'timeline';
      state.filterProblem = undefined;
      state.entry = { kind: 'filter', line: new LineInput(state.filter) };
    } else if (letter === 't' && view.kind === 'session') this.#takeBack();
    else this.#actOnSession(letter);
  }

  #takeBack(): void {
    const row = this.#state.grants.selected;
    if (row === undefined || row.gone) this.#state.say('No grant is marked.', 'warn');
    else this.#effects.revoke(row.item.id);
  }

  #actOnSession(letter: string): void {
    const state = this.#state;
    const isOpened = state.view.kind === 'session';
    if (!isOpened && (state.view.kind !== 'panes' || state.focus !== 'sessions')) return;
    if (letter === 'S' || letter === 'K') {
      this.#confirm(letter === 'S' ? 'stop' : 'kill', undefined);
      return;
    }
    const how = acts[letter];
    if (how === undefined) return;
    const row = isOpened ? state.openedSession : state.sessions.selected;
    const id = row === undefined || row.gone ? undefined : 'session' in row ? row.session.id : row.item.id;
    if (id === undefined) state.say('That session has ended.', 'warn');
    else if (how === 'kill') this.#confirm('kill', id);
    else this.#effects.act(how, { id });
  }

  #confirm(how: 'stop' | 'kill', id: string | undefined): void {
    const word = id === undefined ? `${how} all` : how;
    const what = id === undefined ? `${how} every session` : `${how} ${id} at once`;
    const act = () => this.#effects.act(how, id === undefined ? { all: true } : { id });
    this.#state.entry = { kind: 'confirm', line: new LineInput(), word, what, act };
  }

  #edit(entry: Entry, key: Key): void {
    const state = this.#state;
    if (key.name === 'escape') state.entry = undefined;
    else if (key.name !== 'enter') entry.line.key(key);
    else if (entry.kind === 'filter') {
      state.entry = undefined;
      void this.#effects.filter(entry.line.text.trim());
    } else if (entry.line.text.trim() === entry.word) {
      state.entry = undefined;
      entry.act();
    } else if (entry.line.text.trim() !== '') {
      state.entry = undefined;
      state.say(`That was not “${entry.word}”, so nothing was done.`, 'warn');
    }
  }

  #pageRows(): number {
    return Math.max(1, this.#state.rows - 6);
  }
}

const acts: Readonly<Record<string, SessionAct>> = { p: 'pause', r: 'resume', s: 'stop', k: 'kill' };

/** How many rows a key moves, downwards. */
function stepOf(key: Key, page: number): number {
  switch (key.name) {
    case 'up':
      return -1;
    case 'down':
      return 1;
    case 'page-up':
      return -Math.max(1, page - 1);
    case 'page-down':
      return Math.max(1, page - 1);
    case 'home':
      return -100_000;
    case 'end':
      return 100_000;
    default:
      return 0;
  }
}

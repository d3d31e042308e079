import { expect, test } from 'vitest';
import type { Session } from '#contract/session.ts';
import { leavingWords } from '../../../main/electron/leaving-words.ts';
import { LostSupervisor } from '../../../main/electron/lost-supervisor.ts';
import { placeFromWords } from '../../../main/electron/places.ts';
import { QuestionNotice } from '../../../main/electron/question-notice.ts';
import { refusedWord } from '../../../main/electron/started-with.ts';
import { type TrayState, trayMenu, trayStatus } from '../../../main/electron/tray-words.ts';
import { withWaitingMark } from '../../../main/electron/waiting-mark.ts';

const quiet: TrayState = { running: 0, paused: 0, waiting: 0, link: 'connected' };

test.each<[Partial<TrayState>, string, string[]]>([
  [{}, 'no session runs', []],
  [{ running: 1, link: 'silent' }, 'the supervisor does not answer', ['Stop all sessions now']],
  [{ running: 1 }, '1 session running', ['Pause all sessions', 'Stop all sessions now']],
  [{ running: 3, paused: 1 }, '3 sessions running, 1 of them paused', ['Pause all sessions', 'Stop all sessions now']],
  [{ running: 2, paused: 2 }, '2 sessions paused', ['Stop all sessions now']],
  [
    { running: 2, waiting: 1 },
    '2 sessions running, 1 waiting for you',
    ['Pause all sessions', 'Stop all sessions now'],
  ],
  [{ running: 2, link: 'connecting' as const }, 'connecting to the supervisor', []],
  [{ running: 2, link: 'lost' as const }, 'no supervisor answers, nothing runs', []],
])('[RUN-3] the tray says how much runs and offers what can be done: %o', (change, status, acts) => {
  const state = { ...quiet, ...change };
  expect(trayStatus(state)).toBe(status);
  const offered = trayMenu(state).flatMap(({ label, act, enabled }) =>
    enabled && act !== undefined && act !== 'open' && act !== 'quit' ? [label] : [],
  );
  expect(offered).toEqual(acts);
});

test.each([
  [0, 'Quit'],
  [1, 'Quit (1 session goes on)'],
  [2, 'Quit (2 sessions go on)'],
])('the tray says what goes on when it quits: %i', (running, label) => {
  expect(trayMenu({ ...quiet, running }).at(-1)?.label).toBe(label);
});

function session(change: Partial<Session>): Session {
  return {
    id: '9b85-coral-lamp',
    agent: 'claude-code',
    taskId: 't-00000001',
    task: 'Fix the checkout bug',
    workspace: '/home/ada/shop',
    command: ['claude'],
    state: 'running',
    tty: true,
    startedAt: '2026-01-01T00:00:00.000Z',
    ...change,
  };
}

test('[RUN-6] leaving says what goes on, who answers then, and the way back', () => {
  const { message, detail, choices } = leavingWords([session({})], 0, 'quitting');
  expect(message).toBe('1 session goes on after Gatehouse has quit.');
  expect(detail).toContain('claude-code: Fix the checkout bug');
  expect(detail).toContain('gatehouse watch');
  expect(detail).toContain('gatehouse kill --all');
  expect(choices.map(({ leave }) => leave)).toEqual(['quit', 'stop-and-quit', 'stay']);
});

test('leaving shows nothing of a session as its agent would have it shown', () => {
  const many = Array.from({ length: 9 }, (_, index) =>
    session({ agent: 'generic', command: ['/tmp/\u202eevil\nQuit'], task: `\u001b[2J${'x'.repeat(200)} ${index}` }),
  );
  const { detail } = leavingWords(many, 2, 'closing');
  expect(detail).toContain('•  \\u{202e}evil\\nQuit: \\e[2Jxxx');
  expect(detail).toContain('and 4 more');
  expect(detail).toContain('2 questions wait for you now.');
  expect(detail).toContain('This desktop has no tray.');
  for (const line of detail.split('\n').filter((each) => each.startsWith('•'))) expect(line.length).toBeLessThan(110);
  expect(leavingWords(many, 0, 'closing').choices.map(({ leave }) => leave)).toContain('hide');
});

test('[APR-1] a flood of questions is one notification, taken back once all are answered', () => {
  const notice = new QuestionNotice();
  expect(notice.next(0, 0)).toBeUndefined();
  expect(notice.next(1, 0)).toBe('say');
  for (let waiting = 2; waiting < 1000; waiting += 1) expect(notice.next(waiting, waiting)).toBeUndefined();
  expect(notice.next(0, 2_000)).toBe('take-back');
  expect(notice.next(0, 2_000)).toBeUndefined();
  // Right after: the window comes up, and that is enough.
  expect(notice.next(1, 3_000)).toBeUndefined();
  expect(notice.next(0, 4_000)).toBeUndefined();
  expect(notice.next(1, 10_000)).toBe('say');
});

test('[RUN-6] sessions that ended with their supervisor are counted once; a lost connection ended none', () => {
  const lost = new LostSupervisor();
  expect(lost.next('connecting', undefined, 0)).toBe(0);
  expect(lost.next('connected', 7, 0)).toBe(0);
  expect(lost.next('connecting', undefined, 2)).toBe(0);
  expect(lost.next('connected', 7, 0)).toBe(0);
  expect(lost.next('connecting', undefined, 2)).toBe(0);
  expect(lost.next('connected', 8, 0)).toBe(2);
  expect(lost.next('connecting', undefined, 1)).toBe(0);
  expect(lost.next('lost', undefined, 0)).toBe(1);
  expect(lost.next('lost', undefined, 0)).toBe(0);
  expect(lost.next('connected', 9, 0)).toBe(0);
  expect(lost.next('silent', 9, 3)).toBe(0);
  expect(lost.next('connected', 9, 3)).toBe(0);
  expect(lost.next('silent', 9, 3)).toBe(0);
  expect(lost.next('connecting', undefined, 3)).toBe(0);
  expect(lost.next('connected', 10, 0)).toBe(3);
});

test.each([
  ['gatehouse://timeline/1234', 'timeline/1234'],
  ['gatehouse://now/9b85-coral-lamp', 'now/9b85-coral-lamp'],
  ['gatehouse://settings/', 'settings'],
  ['gatehouse://timeline/../settings', undefined],
  ['gatehouse://timeline/%2e%2e/settings', undefined],
  ['gatehouse://timeline/1234?x=1', undefined],
  ['gatehouse://timeline/1234#now', undefined],
  ['gatehouse://timeline//1234', undefined],
  ['gatehouse://now/<script>', undefined],
  ['gatehouse://now/javascript:alert(1)', undefined],
  ['gatehouse://elsewhere', undefined],
  ['gatehouse://', undefined],
  ['GATEHOUSE://now', undefined],
  [' gatehouse://now', undefined],
  ['gatehouse://now\n--inspect', undefined],
  [`gatehouse://now/${'a'.repeat(65)}`, undefined],
  [`gatehouse://now/${'a'.repeat(5_000_000)}`, undefined],
  ['gatehouse://timeline/１２', undefined],
  ['javascript:alert(1)', undefined],
  ['file:///etc/passwd', undefined],
  ['app://gatehouse/main-window.html', undefined],
  ['--inspect', undefined],
  ['', undefined],
])('a link opens a place or nothing: %.60s', (link, place) => {
  expect(placeFromWords(['/opt/Gatehouse/gatehouse', '--background', link])).toBe(place);
});

test.each([
  [[], undefined],
  [['gatehouse://timeline/1', '--background'], undefined],
  [['--ozone-platform=wayland', '--force-device-scale-factor=1.5', '--lang=de'], undefined],
  [['gatehouse://now', '--inspect'], '--inspect'],
  [['--remote-debugging-port=9222'], '--remote-debugging-port=9222'],
  [['--remote-debugging-pipe'], '--remote-debugging-pipe'],
  [['--renderer-cmd-prefix=/tmp/x'], '--renderer-cmd-prefix=/tmp/x'],
  [['--no-sandbox'], '--no-sandbox'],
  [['--disable-gpu-sandbox'], '--disable-gpu-sandbox'],
  [['--js-flags=--allow-natives-syntax'], '--js-flags=--allow-natives-syntax'],
  [['--lang=de --no-sandbox'], '--lang=de --no-sandbox'],
  [['--enable-features=X'], '--enable-features=X'],
  [['-r', '/tmp/x.js'], '-r'],
  [['--', '--no-sandbox'], '--'],
  [['--BACKGROUND'], '--BACKGROUND'],
  [['/tmp/elsewhere.asar'], '/tmp/elsewhere.asar'],
])('an installed app starts with words that it knows, and no others: %j', (words, refused) => {
  expect(refusedWord({ words, isPackaged: true, isRoot: false })).toBe(refused);
});

test('root has no sandbox of Chromium to give up', () => {
  expect(refusedWord({ words: ['--no-sandbox'], isPackaged: true, isRoot: true })).toBeUndefined();
});

test.each([
  [['/src/dist/app', '--inspect=0', '--no-sandbox'], undefined],
  [['/src/dist/app', 'gatehouse://timeline/1'], undefined],
  [['/src/dist/app', 'gatehouse://timeline/../1'], 'gatehouse://timeline/../1'],
  [['/src/dist/app', 'javascript:alert(1)'], 'javascript:alert(1)'],
])('from source no link but one to a place goes on: %j', (words, refused) => {
  expect(refusedWord({ words, isPackaged: false, isRoot: false })).toBe(refused);
});

test('no start hands on more than its reader takes', () => {
  const words = Array.from({ length: 4000 }, () => '--background');
  expect(refusedWord({ words, isPackaged: true, isRoot: false })).toBe('--background');
  const link = `gatehouse://now/${'a'.repeat(60_000)}`;
  expect(refusedWord({ words: [link], isPackaged: false, isRoot: false })).toBe(link);
});

test('a mark in the corner of the icon says that something waits, and hides nothing else of it', () => {
  const side = 32;
  const plain = new Uint8Array(side * side * 4).fill(7);
  const marked = withWaitingMark(plain, side);
  expect(plain.every((byte) => byte === 7)).toBe(true);
  const isChanged = (x: number, y: number) => marked[(y * side + x) * 4] !== 7 || marked[(y * side + x) * 4 + 3] !== 7;
  expect([isChanged(0, 0), isChanged(16, 8), isChanged(8, 16), isChanged(24, 24)]).toEqual([false, false, false, true]);
});

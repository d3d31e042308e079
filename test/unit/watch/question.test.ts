import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { armedAfterMs } from '../../../main/cli/prompt/typed-answer.ts';
import type { Screen } from '../../../main/cli/render/screen.ts';
import { OpenQuestion } from '../../../main/cli/watch/open-question.ts';
import { questionLines } from '../../../main/cli/watch/question-lines.ts';
import { approvalOf, code, hostileText, startedAt } from './watch-samples.ts';

const approval = approvalOf(1);
const keys = (text: string) => Buffer.from(text);
const armed = armedAfterMs + 1;
const screen: Screen = { terminal: true, columns: 80, paint: (_, text) => text };

function drawn(question: OpenQuestion, { rows = 24, columns = 80, scroll = 0, steadyMs = armed } = {}) {
  return questionLines(question, {
    screen: { ...screen, columns },
    rows,
    home: '/home/me',
    nowMs: Date.parse(startedAt) + 7_000,
    steadyMs,
    scroll,
    readOnlyBecause: undefined,
  });
}

describe('an opened question', () => {
  test('[APR-5] counts nothing before it has stood still, and an answer with its code after that', () => {
    const question = new OpenQuestion(approval, { code }, 0);
    expect(question.keys(keys(`once ${code}\r`), armedAfterMs - 1)).toBeUndefined();
    // Typing on puts it off.
    expect(question.keys(keys(`once ${code}\r`), armedAfterMs + 1)).toBeUndefined();
    expect(question.text).toBe('');
    expect(question.keys(keys(`once ${code}\r`), 3 * armed)).toEqual({ answer: 'allow-once', code });
    // One answer at a time.
    expect(question.keys(keys('no\r'), 9 * armed)).toBeUndefined();
  });

  test.each(['\r'.repeat(500), 'once\r', 'y\r', 'once 222\r', `${code}\r`, '\x1b[B\x1b[C\r', 'once \x1b\r'])(
    '[APR-5] %j allows nothing',
    (typed) => {
      expect(new OpenQuestion(approval, { code }, 0).keys(keys(typed), armed)).toBeUndefined();
    },
  );

  test.each([
    ['allowed elsewhere', { state: 'allowed', answer: 'allow-once' }, 'It was allowed elsewhere.'],
    ['denied elsewhere', { state: 'denied', answer: 'deny-once' }, 'It was denied elsewhere'],
    ['lapsed', { state: 'lapsed', why: 'its session ended' }, 'It lapsed: its session ended.'],
  ] as const)('[APR-5] %s: says so, and what was typed is dropped', (_, change, said) => {
    const question = new OpenQuestion(approval, { code }, 0);
    question.keys(keys(`once ${code}`), armed);
    question.changed({ ...approval, ...change }, armed);
    expect(question.keys(keys('\r'), 3 * armed)).toBeUndefined();
    const text = drawn(question).lines.join('\n');
    expect(text).toContain(said);
    expect(text).toContain('What you typed was dropped.');
    expect(text).not.toContain(code);
  });

  test('[APR-5] not held any more: what was typed is dropped, and an answer counts for the next try', () => {
    const question = new OpenQuestion(approval, { code }, 0);
    question.keys(keys(`once ${code}`), armed);
    question.changed({ ...approval, state: 'pending' }, armed);
    expect(question.keys(keys('\r'), armed + 1)).toBeUndefined();
    expect(question.keys(keys(`once ${code}\r`), 4 * armed)).toEqual({ answer: 'allow-once', code });
  });

  test('[APR-5] a connection that went takes the question with it', () => {
    const question = new OpenQuestion(approval, { code }, 0);
    question.keys(keys(`once ${code}`), armed);
    question.lost(armed);
    expect(question.isAnswerable).toBe(false);
    expect(question.keys(keys('\r'), 3 * armed)).toBeUndefined();
    question.changed(approval, armed);
    expect(question.keys(keys(`once ${code}\r`), 9 * armed)).toBeUndefined();
    expect(drawn(question).lines.join('\n')).toContain('The supervisor went away, and this question with it.');
  });

  test('[APR-2] [APR-5] more calls for the same change the line beside it, never what is read', () => {
    const question = new OpenQuestion(approval, { code }, 0);
    const before = drawn(question).lines;
    question.keys(keys('onc'), armed);
    question.changed({ ...approval, held: 9, taskText: 'another task' }, armed);
    const after = drawn(question).lines;
    expect(question.text).toBe('onc');
    expect(after.slice(0, -2)).toEqual(before.slice(0, -2));
    expect(after.at(-2)).toContain('9 identical calls wait');
    question.changed({ ...approvalOf(2), state: 'allowed' }, armed);
    expect(question.isAnswerable).toBe(true);
  });

  test.each([
    ['elsewhere', 'asks in its own terminal'],
    ['no-approver', 'this terminal may not answer'],
  ] as const)('[APR-5] read only (%s): says why, and takes no answer', (readOnly, said) => {
    const question = new OpenQuestion(approval, { readOnly }, 0);
    expect(question.keys(keys('no\r'), armed)).toBeUndefined();
    expect(drawn(question).lines.join('\n')).toContain(said);
  });

  test('[APR-5] in no order of events does anything but the typed line with the code allow', () => {
    const event = fc.oneof(
      fc.constantFrom('\r', 'o', 'n', 'once ', 'K7', '\x1b', '\x7f', 'no').map((typed) => ({ typed })),
      fc.constantFrom('waiting', 'pending', 'lapsed', 'denied').map((state) => ({ state })),
      fc.constantFrom('lost', 'left').map((end) => ({ end })),
      fc.integer({ min: 0, max: 2 * armed }).map((pass) => ({ pass })),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 60 }), (events) => {
        const question = new OpenQuestion(approval, { code }, 0);
        let nowMs = 0;
        for (const each of events) {
          if ('pass' in each) nowMs += each.pass;
          else if ('state' in each) question.changed({ ...approval, state: each.state as 'waiting' }, nowMs);
          else if ('end' in each) each.end === 'lost' ? question.lost(nowMs) : question.left(nowMs);
          // The code is never typed whole.
          else expect(question.keys(keys(each.typed), nowMs)?.answer ?? 'deny-once').toBe('deny-once');
        }
      }),
    );
  });
});

describe('how it is drawn', () => {
  test('[APR-2] [APR-7] the whole question and its answers, on a terminal of the usual size', () => {
    const text = drawn(new OpenQuestion(approval, { code }, 0)).lines.join('\n');
    for (const part of [
      'claude-code wants to',
      'connect to host1.example.org:443',
      'Because   nobody has granted this host.',
      'Fix the checkout',
      `once ${code}`,
      `always ${code}`,
      'deny it and stop the session',
      '0:38 left of 0:45',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('[APR-2] on a small one who wants what and the answers stay, and everything else is scrolled to', () => {
    const question = new OpenQuestion({ ...approval, claim: 'curl/8' }, { code }, 0);
    const { scrollMax } = drawn(question, { rows: 16, columns: 60 });
    expect(scrollMax).toBeGreaterThan(0);
    const seen = new Set<string>();
    for (let scroll = 0; scroll <= scrollMax; scroll += 1) {
      const { lines } = drawn(question, { rows: 16, columns: 60, scroll });
      expect(lines).toHaveLength(16);
      expect(lines.join('\n')).toContain('connect to host1.example.org:443');
      for (const line of lines) seen.add(line);
    }
    const all = [...seen].join('\n');
    const whole = drawn(question, { rows: 60, columns: 60 }).lines.filter(Boolean);
    for (const line of whole) expect(all).toContain(line);
    expect(drawn(question, { rows: 16, columns: 60 }).lines.join('\n')).toContain('deny it and stop');
  });

  test('[APR-2] texts that an agent chose move nothing, at any size', () => {
    const hostile = approvalOf(1, {
      agent: 'generic',
      taskText: hostileText,
      workspace: `/${hostileText}`,
      command: [hostileText],
      executable: { path: `/bin/${hostileText}`, sha256: 'ab'.repeat(32) },
      claim: hostileText,
      resource: { kind: 'url', scheme: 'http', method: 'GET', host: 'a.test', port: 80, path: `/${hostileText}` },
    });
    for (const [columns, rows] of [
      [60, 16],
      [80, 24],
      [200, 50],
    ] as const) {
      const { lines } = drawn(new OpenQuestion(hostile, { code }, 0), { columns, rows });
      expect(lines).toHaveLength(rows);
      for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\p{Cf}\u2028\u2029]/u);
    }
  });
});

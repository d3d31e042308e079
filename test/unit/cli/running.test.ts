import { describe, expect, test } from 'vitest';
import { operatingError } from '#contract/operating-error.ts';
import { judgeDemo } from '../../../main/cli/demo-checks.ts';
import { commandExitStatus, failureData, failureText, runExitStatus } from '../../../main/cli/failure.ts';
import { checkNode } from '../../../main/cli/machine.ts';
import { InterruptLadder } from '../../../main/cli/signals.ts';
import { UsageError } from '../../../main/cli/usage-error.ts';
import { TerminalModes } from '../../../main/core/sessions/terminal-modes.ts';

describe('[RUN-1] failures around the command have their own exit status', () => {
  test.each([
    ['command_not_found', 127],
    ['grant_refused', 126],
    ['workspace_refused', 126],
    ['task_ended', 126],
    ['sandbox_unavailable', 125],
    ['supervisor_unreachable', 125],
    ['grant_invalid', 125],
  ] as const)('%s is %d', (code, status) => expect(runExitStatus(operatingError(code, 'x'))).toBe(status));

  test('elsewhere a wrong command line is 2, and what is not there is 1', () => {
    expect(commandExitStatus(new UsageError('x'))).toBe(2);
    expect(commandExitStatus(operatingError('query_invalid', 'x'))).toBe(2);
    expect(commandExitStatus(operatingError('not_found', 'x'))).toBe(1);
    expect(commandExitStatus(operatingError('supervisor_unreachable', 'x'))).toBe(125);
    expect(commandExitStatus(new TypeError('x'))).toBe(125);
  });
});

describe('failures are told in words', () => {
  const error = operatingError('sandbox_unavailable', 'No \x1b[31mwalls.', { why: 'Off.', remedy: 'Turn on.' });

  test('what, why, remedy, without a stack and without what a terminal obeys', () => {
    expect(failureText(error, {})).toBe('gatehouse: No \\e[31mwalls. Off. Turn on.\n');
  });

  test('several problems come one a line', () => {
    const many = operatingError('policy_invalid', 'Two things.', { why: 'one\ntwo' });
    expect(failureText(many, {})).toBe('gatehouse: Two things.\n  one.\n  two.\n');
  });

  test('GATEHOUSE_DEBUG shows where', () => {
    expect(failureText(error, { GATEHOUSE_DEBUG: '1' })).toContain('running.test.ts');
  });

  test('a fault of ours is called one', () => {
    expect(failureText(new TypeError('x is not y'), {})).toMatch(
      /^gatehouse: This is a fault in Gatehouse: x is not y\./u,
    );
    expect(failureData(new TypeError('x'))).toEqual({ code: 'fault', what: 'x' });
    expect(failureData(error)).toMatchObject({ code: 'sandbox_unavailable', remedy: 'Turn on.' });
  });
});

describe('[RUN-3] interrupts', () => {
  test.each([
    ['one goes to the agent', [0], ['forward']],
    ['a second one soon stops, a third kills', [0, 1999, 9000], ['forward', 'stop', 'kill']],
    ['a late second one is a first one', [0, 2001, 4500], ['forward', 'forward', 'forward']],
    ['after a stop, the next kills however late', [0, 100, 60_000, 60_001], ['forward', 'stop', 'kill', 'kill']],
  ])('%s', (_name, times, steps) => {
    const ladder = new InterruptLadder();
    expect(times.map((ms) => ladder.next(ms))).toEqual(steps);
  });
});

describe('[RUN-1] a terminal is given back as it was', () => {
  const undoAfter = (...chunks: string[]) => {
    const modes = new TerminalModes();
    for (const chunk of chunks) modes.watch(Buffer.from(chunk, 'latin1'));
    return modes.undo();
  };

  test.each([
    ['nothing changed', ['plain \x1b[31mred\x1b[0m'], ''],
    ['the alternate screen', ['\x1b[?1049h'], '\x1b[?1049l\x1b[0m'],
    ['a hidden cursor', ['\x1b[?25l'], '\x1b[?25h\x1b[0m'],
    ['several at once', ['\x1b[?1000;1006h'], '\x1b[?1000l\x1b[?1006l\x1b[0m'],
    ['undone by the agent', ['\x1b[?1049h\x1b[?25l', '\x1b[?25h\x1b[?1049l'], ''],
    ['a sequence cut in two', ['\x1b[?20', '04h'], '\x1b[?2004l\x1b[0m'],
    ['a sequence cut after its first byte', ['\x1b', '[?2004h'], '\x1b[?2004l\x1b[0m'],
    ['a keyboard mode', ['\x1b[>1u'], '\x1b[<u'],
    ['a keyboard mode taken back', ['\x1b[>1u', '\x1b[<u'], ''],
  ])('%s', (_name, chunks, undo) => expect(undoAfter(...chunks)).toBe(undo));
});

describe('the demo judges from outside', () => {
  const scene = { keyText: 'KEY-1', tokenText: 'TOKEN-1', processMark: 'MARK-1' };
  const event = { at: '', hash: '', summary: '', detail: {} };
  const good = {
    end: {
      exit: { status: 0 },
      endReason: 'exited',
      notices: [],
      grants: { unused: [], unusedOfPreset: 0, narrower: [] },
    },
    said: 'Done.',
    leftBehind: '# Report',
    collected: 0,
    keyFolderChanged: false,
    events: [
      { ...event, seq: 1, kind: 'decision' as const, decision: 'deny' as const, action: 'net.connect' as const },
      { ...event, seq: 2, kind: 'session.ended' as const },
    ],
    verified: { ok: true, entries: 2 },
  };
  const broken = (change: object) =>
    judgeDemo(scene, { ...good, ...change }).flatMap(({ id, held }) => (held ? [] : [id]));

  test.each([
    ['everything held', {}, []],
    ['the key in its output', { said: 'KEY-1' }, ['key']],
    ['the key in a file', { leftBehind: '# Report KEY-1' }, ['key']],
    ['the token', { said: 'x TOKEN-1' }, ['token']],
    ['another program', { leftBehind: '# Report MARK-1' }, ['processes']],
    ['a connection', { collected: 1 }, ['network']],
    ['a file outside', { keyFolderChanged: true }, ['files']],
    ['no work done', { leftBehind: '' }, ['work']],
    [
      'an agent that failed',
      {
        end: {
          exit: { status: 1 },
          endReason: 'exited',
          notices: [],
          grants: { unused: [], unusedOfPreset: 0, narrower: [] },
        },
      },
      ['work'],
    ],
    ['no record of the denial', { events: good.events.slice(1) }, ['record']],
    ['a damaged log', { verified: { ok: false, entries: 2 } }, ['chain']],
  ])('%s', (_name, change, ids) => expect(broken(change)).toEqual(ids));
});

test.each([
  ['20.11.0', 'missing'],
  ['22.13.9', 'missing'],
  ['22.14.0', 'ok'],
  ['24.0.0', 'ok'],
] as const)('Node %s is %s', (version, state) => expect(checkNode(version).state).toBe(state));

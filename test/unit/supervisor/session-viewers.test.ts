import { describe, expect, test } from 'vitest';
import { frameType } from '#contract/stream.ts';
import { type LeftViewer, SessionViewers, type StreamClient } from '../../../main/supervisor/session-viewers.ts';

/** An agent that notes what is done to it. */
function openAgent() {
  const done: string[] = [];
  const agent = {
    write: async (bytes: Uint8Array) => void done.push(`write ${Buffer.from(bytes).toString()}`),
    end: () => void done.push('end'),
    resize: ({ columns, rows }: { columns: number; rows: number }) => void done.push(`resize ${columns}x${rows}`),
    signal: (name: string) => void done.push(`signal ${name}`),
  };
  return { agent, done };
}

/** A client that takes everything at once, or nothing until it is told to. */
function openClient(options: { stuck?: boolean } = {}) {
  const frames: [number, string][] = [];
  let waitingBytes = 0;
  const drained = Promise.withResolvers<void>();
  const state = { ended: false };
  const client: StreamClient = {
    send(type, bytes) {
      frames.push([type, Buffer.from(bytes).toString()]);
      if (options.stuck !== true) return undefined;
      waitingBytes += bytes.length;
      return drained.promise;
    },
    get waitingBytes() {
      return waitingBytes;
    },
    end: () => {
      state.ended = true;
    },
    pid: async () => 77,
  };
  const said = () =>
    frames.flatMap(([type, text]) => (type === frameType.stdout || type === frameType.stderr ? [text] : [])).join('');
  const kinds = () => frames.map(([type]) => type);
  return { client, said, kinds, state, take: () => drained.resolve() };
}

function open(options: { terminal?: boolean; keep?: boolean; record?: (left: LeftViewer) => Promise<void> } = {}) {
  const { agent, done } = openAgent();
  const left: LeftViewer[] = [];
  const state = { abandoned: false };
  const viewers = new SessionViewers({
    process: agent,
    stepMs: 20,
    terminal: options.terminal ?? true,
    keep: options.keep ?? false,
    record: options.record ?? (async (one) => void left.push(one)),
    abandoned: () => {
      state.abandoned = true;
    },
  });
  return { viewers, done, left, state };
}

const primary = { primary: true, readOnly: false };
const typist = { primary: false, readOnly: false, pid: 5 };
const watcher = { primary: false, readOnly: true, pid: 6 };

describe('[RUN-1] clients of a session', () => {
  test('each gets everything, those that come later what came before first', async () => {
    const { viewers } = open();
    const [one, two] = [openClient(), openClient()];
    viewers.add(one.client, primary);
    await viewers.deliver('stdout', Buffer.from('a\n'));
    viewers.add(two.client, watcher);
    await viewers.deliver('stdout', Buffer.from('b\n'));
    expect([one.said(), two.said()]).toEqual(['a\nb\n', 'a\nb\n']);
    expect(viewers.count).toBe(2);
    viewers.finish('{}');
    expect([one.kinds().at(-1), two.kinds().at(-1)]).toEqual([frameType.end, frameType.end]);
    const late = openClient();
    viewers.add(late.client, watcher);
    expect(late.kinds()).toEqual([frameType.end]);
    expect(late.state.ended).toBe(true);
  });

  test('a pipeline waits for who started it, and loses nothing; the end of the session lets it go', async () => {
    const { viewers } = open({ terminal: false });
    const slow = openClient({ stuck: true });
    viewers.add(slow.client, primary);
    let delivered = false;
    const delivering = viewers.deliver('stdout', Buffer.alloc(8 * 1024 * 1024)).then(() => {
      delivered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(delivered).toBe(false);
    viewers.release();
    await delivering;
    expect(viewers.count).toBe(1);
  });

  test('who does not read is waited for once, then let go, on record; the others get everything', async () => {
    const { viewers, left, state } = open();
    const [quick, stuck] = [openClient(), openClient({ stuck: true })];
    viewers.add(quick.client, primary);
    const gone = viewers.add(stuck.client, typist);
    const piece = Buffer.from(`${'x'.repeat(64 * 1024 - 1)}\n`);
    for (let count = 0; count < 64; count += 1) await viewers.deliver('stdout', piece);
    expect(quick.said().length).toBe(64 * piece.length);
    expect(stuck.kinds().at(-1)).toBe(frameType.detached);
    expect(stuck.state.ended).toBe(true);
    expect(stuck.said().length).toBeLessThan(3 * 1024 * 1024);
    expect(left).toEqual([{ why: 'behind', readOnly: false, pid: 5 }]);
    gone.gone();
    expect(state.abandoned).toBe(false);
  });

  test('who only looks can do nothing', () => {
    const { viewers, done } = open();
    const viewer = viewers.add(openClient().client, watcher);
    const acts = [
      () => viewer.write(Buffer.from('x')),
      () => viewer.endInput(),
      () => viewer.resize({ columns: 1, rows: 1 }),
      () => viewer.signal('INT'),
    ];
    for (const act of acts) expect(act).toThrow();
    expect(done).toEqual([]);
  });

  test('the size is that of who attached or changed theirs last, and a new one is noticed', async () => {
    const { viewers, done } = open();
    const one = viewers.add(openClient().client, primary);
    one.resize({ columns: 80, rows: 24 });
    const two = viewers.add(openClient().client, typist);
    two.resize({ columns: 80, rows: 24 });
    expect(done).toEqual(['resize 80x24', 'resize 80x23']);
    await expect.poll(() => done.at(-1)).toBe('resize 80x24');
    two.resize({ columns: 60, rows: 20 });
    two.gone();
    expect(done.slice(-2)).toEqual(['resize 60x20', 'resize 80x24']);
  });

  test('closing one of two windows types nothing', () => {
    const { viewers, done } = open();
    const one = viewers.add(openClient().client, primary);
    const two = viewers.add(openClient().client, typist);
    one.endInput();
    two.endInput();
    expect(done).toEqual([]);
    two.gone();
    one.endInput();
    expect(done).toEqual(['end']);
  });
});

describe('[RUN-1] [RUN-3] whether a session goes on', () => {
  test.each([
    ['ends when its only client vanishes', {}, ['gone'], true],
    ['goes on when it was to be kept', { keep: true }, ['gone'], false],
    ['goes on when its client left', {}, ['detach', 'gone'], false],
  ] as const)('%s', async (_name, options, steps, abandoned) => {
    const { viewers, state } = open(options);
    const viewer = viewers.add(openClient().client, primary);
    for (const step of steps) await viewer[step]();
    expect(state.abandoned).toBe(abandoned);
  });

  test('whose pipe is gone has no more input, and goes on when it was to be kept', () => {
    const { viewers, done, state, left } = open({ terminal: false, keep: true });
    viewers.add(openClient().client, primary).gone();
    expect(done).toEqual(['end']);
    expect(state.abandoned).toBe(false);
    expect(left.map(({ why }) => why)).toEqual(['gone']);
  });

  test('it goes on while somebody else holds it; one that only looks holds nothing', () => {
    const { viewers, state, left } = open();
    const one = viewers.add(openClient().client, primary);
    const two = viewers.add(openClient().client, typist);
    viewers.add(openClient().client, watcher);
    one.gone();
    expect(state.abandoned).toBe(false);
    expect(left.map(({ why }) => why)).toEqual(['gone']);
    two.gone();
    expect(state.abandoned).toBe(true);
  });

  test('leaving is on record first; without a record nobody leaves, and is told', async () => {
    const { viewers, state } = open({ record: () => Promise.reject(new Error('disk full')) });
    const one = openClient();
    const viewer = viewers.add(one.client, primary);
    await viewer.detach();
    expect(one.kinds()).toEqual([frameType.notice]);
    expect(viewers.count).toBe(1);
    viewer.gone();
    expect(state.abandoned).toBe(true);
  });

  test('who left is told, with its process on record', async () => {
    const { viewers, left } = open();
    const one = openClient();
    const viewer = viewers.add(one.client, primary);
    await Promise.all([viewer.detach(), viewer.detach()]);
    expect(one.kinds()).toEqual([frameType.detached]);
    expect(one.state.ended).toBe(true);
    expect(left).toEqual([{ why: 'asked', readOnly: false, pid: 77 }]);
  });
});

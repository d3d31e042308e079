import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { converse, openSandboxFixture, type SandboxFixture } from './sandbox-fixture.ts';

let fixture: SandboxFixture;
beforeAll(async () => {
  fixture = await openSandboxFixture();
});
afterAll(() => fixture.close());

const terminal = { columns: 91, rows: 27 };

test('[RUN-1] the session has a real terminal of the asked size, and /dev/tty is it', async () => {
  const session = await fixture.launch(
    [
      '/bin/sh',
      '-c',
      'stty size; test -t 0 && test -t 1 && test -t 2 && echo tty; stty size < /dev/tty; echo end > /dev/tty',
    ],
    { terminal },
  );
  const talk = converse(session);
  expect(await talk.until(/end/)).toMatch(/27 91\r\ntty\r\n27 91\r\nend/);
  expect((await session.ended).status).toBe(0);
});

test('[RUN-1] a new size arrives with SIGWINCH', async () => {
  const script = 'trap "echo changed; stty size; exit 4" WINCH; echo ready; while :; do sleep 0.05; done';
  const session = await fixture.launch(['/bin/bash', '-c', script], { terminal });
  const talk = converse(session);
  await talk.until(/ready/);
  session.resize({ columns: 100, rows: 40 });
  await talk.until(/changed\r\n40 100/);
  expect((await session.ended).status).toBe(4);
});

test('[RUN-1] Ctrl-C interrupts the program inside and nothing else', async () => {
  const session = await fixture.launch(
    [
      '/bin/bash',
      '-c',
      'trap "echo caught; again=no" INT; echo ready; while [ -z "$again" ]; do sleep 0.05; done; echo after',
    ],
    {
      terminal,
    },
  );
  const talk = converse(session);
  await talk.until(/ready/);
  await talk.type('\x03');
  await talk.until(/caught\r\nafter/);
  expect(await session.ended).toEqual({ status: 0 });
});

test('[RUN-1] Ctrl-C ends a program that does not catch it, with its signal', async () => {
  const session = await fixture.launch(['/bin/bash', '-c', 'echo ready; exec sleep 1000'], { terminal });
  const talk = converse(session);
  await talk.until(/ready/);
  await talk.type('\x03');
  expect(await session.ended).toEqual({ status: 130, signal: 'SIGINT' });
});

test('[RUN-1] an interactive shell has job control', async () => {
  const session = await fixture.launch(['/bin/bash', '--norc', '-i'], {
    terminal,
    environment: { PATH: '/usr/bin:/bin', PS1: 'prompt> ', TERM: 'dumb', HOME: fixture.home },
  });
  const talk = converse(session);
  const greeting = await talk.until(/prompt> /);
  expect(greeting).not.toContain('no job control');
  await talk.type('sleep 1000\n');
  // The echo tells that the shell has read the line; Ctrl-Z is typed until the job is stopped.
  await talk.until(/sleep 1000/);
  const stopped = talk.until(/Stopped/);
  const timer = setInterval(() => void talk.type('\x1a'), 100);
  try {
    await stopped;
  } finally {
    clearInterval(timer);
  }
  await talk.type('kill %1; fg; echo done $((40+2))\n');
  await talk.until(/done 42/);
  await talk.type('exit 5\n');
  expect((await session.ended).status).toBe(5);
});

test('[RUN-1] end of input in a terminal is Ctrl-D', async () => {
  const session = await fixture.launch(['/bin/sh', '-c', 'echo ready; cat; echo over'], { terminal });
  const talk = converse(session);
  await talk.until(/ready/);
  session.end();
  await talk.until(/over/);
  expect((await session.ended).status).toBe(0);
});

test('everything a terminal program says before it ends is delivered', async () => {
  const session = await fixture.launch(
    ['/bin/sh', '-c', 'i=0; while [ $i -lt 20000 ]; do echo line $i; i=$((i+1)); done; echo last'],
    {
      terminal,
    },
  );
  const talk = converse(session);
  const all = await talk.until(/last\r\n/);
  expect(all.match(/line \d+\r\n/g)).toHaveLength(20_000);
});

test('[RUN-3] what is typed at a session that reads nothing holds nobody up: it is resumed, and ends', async () => {
  const session = await fixture.launch(['/bin/bash', '-c', 'stty raw -echo; echo ready; exec sleep 1000'], {
    terminal,
  });
  const talk = converse(session);
  await talk.until(/ready/);
  session.pause();
  const written = session.write(Buffer.alloc(4 * 1024 * 1024, 'x'));
  // Without its answer this test would never get here.
  expect(await Promise.race([written.then(() => 'taken'), pause(200, 'waits')])).toBe('waits');
  session.resume();
  session.kill();
  expect((await session.ended).signal).toBe('SIGKILL');
  await written;
});

test('[RUN-1] a long paste arrives whole and in order', async () => {
  const lines = Array.from({ length: 40_000 }, (_, line) => `line ${line} of a long paste\n`).join('');
  const script = `stty raw -echo; echo ready; head -c ${lines.length} | sha256sum`;
  const session = await fixture.launch(['/bin/bash', '-c', script], { terminal });
  const talk = converse(session);
  await talk.until(/ready/);
  await session.write(Buffer.from(lines));
  await talk.until(new RegExp(createHash('sha256').update(lines).digest('hex'), 'u'));
  expect((await session.ended).status).toBe(0);
});

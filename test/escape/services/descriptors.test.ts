import { expect } from 'vitest';
import { escapeTests, expectHeldInSilence, expectLines } from '../harness/escape.ts';
import { makePlace } from '../harness/probe-case.ts';

const escapeTest = escapeTests();

escapeTest('descriptors that the caller’s shell had open', {
  requirement: '[GRT-1]',
  async control(walls) {
    const { secret, folder } = await makePlace(walls);
    const run = await walls.outside(
      `exec 7<${secret.file} 9<${folder}; ./probe fds; ./probe read /proc/self/fd/9/secret`,
    );
    expect(run.stdout).toMatch(new RegExp(`^fds: OK 0 1 2 .*\\b7 9\\b.*\\nread: OK ${secret.text}\\n$`, 'u'));
  },
  async attempt(walls) {
    const { secret, folder } = await makePlace(walls);
    const inside = './probe fds; ./probe read /proc/self/fd/7; ./probe read /proc/self/fd/9/secret';
    // From the shell: only it can start the CLI with more descriptors open.
    const run = await walls.outside(
      `exec 7<${secret.file} 9<${folder}; ${process.execPath} ${walls.cliPath} run -- sh -c '${inside}'`,
    );
    expectLines(run, ['fds: OK 0 1 2', 'read: ENOENT', 'read: ENOENT']);
    return { ...run, events: await lastSession(walls) };
  },
  async observe() {},
});

escapeTest('descriptors of the supervisor and of the helpers that built the walls', {
  requirement: '[GRT-1]',
  async control(walls) {
    expect((await walls.outside('exec 5</ 6<.; ./probe fds')).stdout).toMatch(/^fds: OK 0 1 2 .*\b5 6\b/u);
  },
  async attempt(walls) {
    const run = await walls.run(
      `./probe fds; for fd in /proc/1/fd/* /proc/$$/fd/*; do readlink $fd; done 2>/dev/null | grep -v -e '^/dev/' -e '^pipe:' -e '(deleted)$' -e '^/proc/'; ls /proc/1/fd /proc/1/root /proc/1/cwd 2>/dev/null; echo done`,
    );
    expectLines(run, ['fds: OK 0 1 2', 'done']);
    return run;
  },
  async observe() {},
  audit: (_walls, run) => expectHeldInSilence(run),
});

async function lastSession(walls: Parameters<typeof makePlace>[0]) {
  const all = await walls.events();
  const session = all.filter(({ kind }) => kind === 'session.starting').at(-1)?.session;
  return all.filter((event) => event.session === session);
}

import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTerminal } from '../../helpers/agents/terminal.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

let home: TempHome;
beforeAll(async () => {
  home = await openTempHome();
});
afterAll(() => home.close());

/** Types nothing yet: a shell in a new terminal that runs `gatehouse WORDS`, then says whether the terminal is as before. */
function open(...words: string[]) {
  const script = '"$@"; status=$?; stty -a | grep -qw -- "-icanon" && echo left raw || echo given back; exit "$status"';
  return openTerminal({
    command: 'bash',
    args: ['-c', script, 'bash', process.execPath, path.join(distFolder, 'gatehouse.js'), ...words],
    cwd: home.workspace,
    environment: home.environment,
  });
}

describe('[RUN-1] an interactive run', () => {
  test('has a terminal of the same size, passes the status on and ends with one line', async () => {
    const terminal = open('run', '--', 'sh', '-c', 'test -t 0 && test -t 1 && test -t 2 && stty size; exit 6');
    expect(await terminal.exited).toMatchObject({ status: 6 });
    expect(terminal.text()).toContain('30 100');
    expect(terminal.text()).toMatch(
      /[0-9a-f]{4}-[a-z]+-[a-z]+ ended: 0 blocked, \d+ allowed · gatehouse log session:/u,
    );
    expect(terminal.text()).toContain('given back');
  });

  test('Ctrl-C is a key for the agent', async () => {
    const terminal = open(
      'run',
      '--',
      'bash',
      '-c',
      'trap "echo got it; exit 5" INT; echo ready; while :; do sleep 0.1; done',
    );
    await eventually(() => terminal.text().includes('ready'), { what: 'the agent to be ready' });
    terminal.type('\x03');
    expect(await terminal.exited).toMatchObject({ status: 5 });
    expect(terminal.text()).toContain('got it');
    expect(terminal.text()).toContain('given back');
  });

  test('what is typed arrives unchanged', async () => {
    const terminal = open('run', '--', 'bash', '-c', 'stty raw -echo; echo ready; head -c 5 | od -An -tx1');
    await eventually(() => terminal.text().includes('ready'), { what: 'the agent to be ready' });
    terminal.type('a\x04\x1a\x0dz');
    await terminal.exited;
    expect(terminal.text()).toContain('61 04 1a 0d 7a');
  });

  test('it learns of a new size', async () => {
    const terminal = open(
      'run',
      '--',
      'bash',
      '-c',
      'trap "stty size; exit" WINCH; echo ready; while :; do sleep 0.1; done',
    );
    await eventually(() => terminal.text().includes('ready'), { what: 'the agent to be ready' });
    terminal.resize(90, 40);
    await terminal.exited;
    expect(terminal.text()).toContain('40 90');
  });

  test('[RUN-3] a stop from elsewhere gives the terminal back', async () => {
    const terminal = open(
      'run',
      '--',
      'bash',
      '-c',
      'stty raw -echo; printf "\\033[?1049h"; echo ready; exec sleep 1000',
    );
    await eventually(() => terminal.text().includes('ready'), { what: 'the agent to be ready' });
    expect(await home.run(['stop', '--all'])).toMatchObject({ status: 0 });
    expect(await terminal.exited).toMatchObject({ status: 143 });
    expect(terminal.text()).toContain('was stopped.');
    expect(terminal.text()).toContain('given back');
  });

  test('[RUN-6] the supervisor killed: said in words, terminal given back', async () => {
    const terminal = open('run', '--', 'bash', '-c', 'echo ready; exec sleep 1000');
    await eventually(() => terminal.text().includes('ready'), { what: 'the agent to be ready' });
    const status = JSON.parse((await home.run(['supervisor', 'status', '--json'])).stdout) as { pid: number };
    process.kill(status.pid, 'SIGKILL');
    expect(await terminal.exited).toMatchObject({ status: 125 });
    expect(terminal.text()).toContain('The supervisor went away');
    expect(terminal.text()).toContain('given back');
  });
});

import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { buildRequest } from '../../../main/cli/commands/run.ts';
import { completionScript } from '../../../main/cli/completion.ts';
import { buildProgram, invoke } from '../../../main/cli/program.ts';
import { screenOf } from '../../../main/cli/render/screen.ts';
import type { Terminal } from '../../../main/cli/terminal.ts';
import { skipUnless } from '../../helpers/skip.ts';

function openTerminal(environment: Record<string, string> = {}) {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const terminal: Terminal = {
    ...streams,
    environment,
    cwd: '/work',
    home: '/home/me',
    screen: screenOf({}, {}),
    errorScreen: screenOf({}, {}),
    nowMs: () => 0,
  };
  const said = (name: 'stdout' | 'stderr') => String(streams[name].read() ?? '');
  return { terminal, said };
}

function allCommands(command: Command): Command[] {
  return [command, ...command.commands.flatMap(allCommands)];
}

const program = buildProgram(openTerminal().terminal, async () => {});
const leaves = allCommands(program).filter((command) => command.commands.length === 0);

describe('the command line', () => {
  test.each([
    [['run', '--grnt', 'x', '--', 'true'], 125, "gatehouse: Unknown option '--grnt'. Did you mean --grant?\n"],
    [['run', '--shield', 'app', '--', 'true'], 125, "gatehouse: Unknown option '--shield'."],
    [['run', '--expose', '80:', '--', 'true'], 125, 'gatehouse: --expose 80: is not understood.'],
    [['run'], 125, "gatehouse: Missing required argument 'command'."],
    [['run', '--for', '30', '--', 'true'], 125, 'gatehouse: "30" is not a length of time.'],
    [['run', '--task', 'a', '--task-id', 't-00000000', '--', 'true'], 125, 'gatehouse: --task makes a new task'],
    [['sesions'], 2, "gatehouse: Unknown command 'sesions'. Did you mean sessions?\n"],
    [['stop'], 2, 'gatehouse: Which session should stop?'],
    [['stop', 'a1c9', '--all'], 2, 'gatehouse: Which session should stop?'],
    [['log', '--limit', '0'], 2, 'gatehouse: --limit 0 is no number'],
    [['log', '--since', 'yesterday'], 2, 'gatehouse: "yesterday" is no moment.'],
    [['why', 'net.connect'], 2, 'gatehouse: Give the number of an event'],
    [
      ['why', '--agent', 'a', 'net.conect', 'x'],
      2,
      'gatehouse: There is no action "net.conect". Did you mean net.connect?',
    ],
    [['completion', 'tcsh'], 2, 'gatehouse: There is no completion for "tcsh".'],
  ])('%j is told in words', async (words, status, message) => {
    const { terminal, said } = openTerminal();
    expect(await invoke(terminal, words)).toBe(status);
    expect(said('stderr')).toContain(message);
    expect(said('stdout')).toBe('');
  });

  test('with --json the failure is an object as well', async () => {
    const { terminal, said } = openTerminal();
    await invoke(terminal, ['log', '--json', '--limit', 'x']);
    expect(JSON.parse(said('stdout'))).toMatchObject({ type: 'error', error: { code: 'usage' } });
  });

  test("the command's own --json is none of ours", async () => {
    const { terminal, said } = openTerminal();
    await invoke(terminal, ['run', '--for', 'x', '--', 'tool', '--json']);
    expect(said('stdout')).toBe('');
  });

  test.each([[['help']], [['help', 'run']], [['run', '--help']], [['log', 'verify', '-h']], [['version']]])(
    '%j succeeds on standard output, in 80 columns',
    async (words) => {
      const { terminal, said } = openTerminal();
      expect(await invoke(terminal, words)).toBe(0);
      const text = said('stdout');
      expect(text).not.toBe('');
      expect(text.split('\n').filter((line) => line.length > 80)).toEqual([]);
    },
  );

  test.each(leaves.map((command) => [command]))('$_name has examples', (command) => {
    let text = '';
    command.configureOutput({
      writeOut: (part) => {
        text += part;
      },
    });
    command.outputHelp();
    expect(text).toMatch(/Examples:\n {2}# .+\n {2}(\S.* )?gatehouse|source <\(gatehouse/u);
  });
});

describe('[RUN-1] what run asks for', () => {
  test("[IDN-6] the command's own options and dashes stay its own, and of other variables only the names travel", async () => {
    const { terminal } = openTerminal({ PATH: '/bin', SECRET: 'x' });
    const options = { grant: ['file.read:/srv'], for: '30m' };
    expect(await buildRequest(terminal, ['tool', '--json', '--', '-x'], options)).toEqual({
      command: ['tool', '--json', '--', '-x'],
      cwd: '/work',
      grants: ['file.read:/srv'],
      forMs: 1_800_000,
      callerEnvironment: { PATH: '/bin' },
      presentVariables: ['SECRET'],
      environment: {},
      limits: {},
    });
  });

  test('a terminal is asked for only when both ends are one, and never with --json', async () => {
    const { terminal } = openTerminal();
    const both = {
      ...terminal,
      stdin: Object.assign(new PassThrough(), { isTTY: true }),
      stdout: Object.assign(new PassThrough(), { isTTY: true, columns: 120, rows: 0 }),
    };
    expect((await buildRequest(both, ['x'], {})).terminal).toEqual({ columns: 120, rows: 24 });
    expect((await buildRequest(both, ['x'], { json: true })).terminal).toBeUndefined();
    expect((await buildRequest({ ...both, stdin: terminal.stdin }, ['x'], {})).terminal).toBeUndefined();
    expect((await buildRequest({ ...both, stdout: terminal.stdout }, ['x'], {})).terminal).toBeUndefined();
  });
});

describe('completion', () => {
  const bash = (words: string[]) =>
    execFileSync(
      'bash',
      [
        '--norc',
        '--noprofile',
        '-c',
        `${completionScript('bash', program)}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _gatehouse; printf '%s\\n' "\${COMPREPLY[@]}"`,
        'bash',
        'gatehouse',
        ...words,
      ],
      { encoding: 'utf8' },
    )
      .split('\n')
      .filter((line) => line !== '');

  test.each([
    [['se'], ['sessions', 'setup']],
    [
      ['supervisor', ''],
      ['start', 'stop', 'status'],
    ],
    [['task', 'e'], ['end']],
    [['log', 'v'], ['verify']],
    [['run', '--gr'], ['--grant']],
    [
      ['log', 'verify', '--'],
      ['--key', '--file', '--witness', '--json', '--help'],
    ],
    [['log', 'searches', ''], ['remove']],
    [['log', '@de'], ['@denied-today']],
    [['log', '@', 'net'], ['network']],
    [['completion', 'f'], ['fish']],
    [['run', '--agent', ''], []],
    [['run', '--', 'bas'], expect.arrayContaining(['bash'])],
  ])('bash completes %j', (words, expected) => expect(bash(words)).toEqual(expected));

  test.each(['zsh', 'fish'] as const)('%s gets every command and option', (shell) => {
    const script = completionScript(shell, program);
    for (const command of leaves) {
      expect(script).toContain(command.name());
      for (const { long } of command.options) expect(script).toContain(long?.slice(2));
    }
  });

  for (const [shell, file] of [
    ['zsh', '/usr/bin/zsh'],
    ['fish', '/usr/bin/fish'],
  ] as const) {
    skipUnless(existsSync(file), `${shell} is not installed`)(`${shell} accepts the script`, () => {
      execFileSync(file, ['-n'], { input: completionScript(shell, program) });
    });
  }
});

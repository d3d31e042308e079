import { chmod, lstat, mkdir, readdir, readFile, readlink, rename, stat, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTerminal } from '../../helpers/agents/terminal.ts';
import { distFolder, type Finished, parseJsonLines, runCommand } from '../../helpers/gatehouse.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

const agent =
  '#!/bin/bash\nif [ -t 0 ] && [ -t 1 ]; then echo "on a terminal"; else cat; fi\necho "says $*"; echo "PATH=$PATH"; exit 9\n';

let home: TempHome;
let environment: Record<string, string> = {};
const at = (...parts: string[]) => path.join(home.home, ...parts);
const shims = () => path.join(home.state, 'shims');
const setup = (...words: string[]) => home.run(['setup', ...words], { environment });
beforeAll(async () => {
  home = await openTempHome();
  // As nvm lays programs out: a version in the path, the command a link into a package.
  const version = '.nvm/versions/node/v22.1.0';
  await mkdir(at(version, 'bin'), { recursive: true });
  await mkdir(at(version, 'lib/node_modules/@anthropic-ai/claude-code'), { recursive: true });
  await writeFile(at(version, 'lib/node_modules/@anthropic-ai/claude-code/cli.sh'), agent);
  await chmod(at(version, 'lib/node_modules/@anthropic-ai/claude-code/cli.sh'), 0o755);
  await symlink('../lib/node_modules/@anthropic-ai/claude-code/cli.sh', at(version, 'bin/claude'));
  // As people keep dotfiles: one a link into a repository, one without a last line break, one with a mode of its own.
  await mkdir(at('dotfiles'));
  await writeFile(at('dotfiles/bashrc'), Buffer.from('alias x=y\n# \xe9\n', 'latin1'));
  await symlink('dotfiles/bashrc', at('.bashrc'));
  await writeFile(at('.zshrc'), 'setopt x');
  await chmod(at('.zshrc'), 0o640);
  environment = {
    ...home.environment,
    SHELL: '/bin/bash',
    PATH: `${at(version, 'bin')}:/usr/local/bin:/usr/bin:/bin`,
  };
});
afterAll(() => home.close());

/** Everything in the home with kind, mode and content. */
async function snapshot(folder = home.home): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const parts = await Promise.all(
    entries.map(async (entry) => {
      const file = path.join(folder, entry.name);
      const { mode } = await lstat(file);
      if (entry.isDirectory()) return [`${file} ${mode}`, ...(await snapshot(file))];
      const held = entry.isSymbolicLink() ? await readlink(file) : await readFile(file, 'latin1');
      return [`${file} ${mode} ${held}`];
    }),
  );
  return parts.flat().sort();
}

describe('[RUN-7] gatehouse setup', () => {
  let before: string[] = [];

  test('says every file and line first, and changes nothing unless somebody agrees', async () => {
    before = await snapshot();
    const dry = await setup('--dry-run');
    expect(dry.status).toBe(0);
    for (const text of [
      '~/.bashrc, which is ~/dotfiles/bashrc',
      '~/.zshrc',
      '~/.profile',
      'claude',
      shims(),
      'export PATH',
    ]) {
      expect(dry.stdout).toContain(text);
    }
    expect((await setup()).stderr).toContain('nobody could be asked');
    const asked = openTerminal({
      command: process.execPath,
      args: [path.join(distFolder, 'gatehouse.js'), 'setup'],
      cwd: home.workspace,
      environment,
    });
    asked.type('y\r');
    expect((await asked.exited).status).toBe(1);
    expect(asked.text()).toContain('nothing was changed');
    expect(await snapshot()).toEqual(before);
  });

  test('adds one block to each, through links, keeps modes, and does nothing twice', async () => {
    expect((await setup('--yes')).status).toBe(0);
    const once = await snapshot();
    expect((await setup('--yes')).stdout).toContain('No start-up file has to change');
    expect(await snapshot()).toEqual(once);
    expect((await lstat(at('.bashrc'))).isSymbolicLink()).toBe(true);
    expect((await stat(at('.zshrc'))).mode & 0o777).toBe(0o640);
    expect(await readFile(at('dotfiles/bashrc'), 'latin1')).toContain('# \xe9\n');
    expect((await readdir(at('dotfiles'))).sort()).toEqual(['bashrc']);
  });

  /** As a person types it, in a shell that has read its start-up files. */
  const typed = (line: string, stdin = ''): Promise<Finished> =>
    runCommand('/bin/bash', ['-c', `. ~/.profile; ${line}`], { environment, cwd: home.workspace, stdin });

  test('an agent that is typed by its name runs inside walls: pipes, arguments and status as ever', async () => {
    const run = await typed(`claude -p 'two words' --flag; echo "status $?"`, 'from a pipe\n');
    const [input, says, inside, status] = run.stdout.split('\n');
    expect([input, says, status]).toEqual(['from a pipe', 'says -p two words --flag', 'status 9']);
    // Inside there are no shims, so nothing can nest.
    expect(inside).toContain('/.nvm/versions/node/v22.1.0/bin');
    expect(inside).not.toContain(shims());
    const log = parseJsonLines((await home.run(['log', 'kind:session.starting', '--json'], { environment })).stdout);
    expect(log).toMatchObject([{ agent: 'claude-code', detail: { preset: 'claude-code' } }]);
  });

  test('on a terminal it has one, and `run` passes the shim over too', async () => {
    const terminal = openTerminal({
      command: '/bin/bash',
      args: ['-c', `. ~/.profile; claude; "${process.execPath}" "${distFolder}/gatehouse.js" run -- claude again`],
      cwd: home.workspace,
      environment,
    });
    await terminal.exited;
    expect(terminal.text().match(/on a terminal/gu)).toHaveLength(2);
    expect(terminal.text()).toContain('says again');
  });

  test('no session sees the shims or the start-up files, also when they are asked for', async () => {
    const look = `ls ${shims()}; cat ${shims()}/claude ~/.bashrc ~/.zshrc; echo evil >> ~/.zshrc; echo evil > ${shims()}/claude`;
    const run = await home.run(['run', '--', 'bash', '-c', look], { environment });
    expect(run.stdout).toBe('');
    for (const grant of [`file.write:${shims()}`, `file.read:${shims()}`]) {
      expect((await home.run(['run', '--grant', grant, '--', 'true'], { environment })).status).toBe(126);
    }
    expect(await readFile(at('.zshrc'), 'utf8')).not.toContain('evil');
    expect(await readFile(path.join(shims(), 'claude'), 'utf8')).not.toContain('evil');
  });

  const doctor = async (searched: string) => {
    const { stdout } = await home.run(['doctor', '--json'], { environment: { ...environment, PATH: searched } });
    return parseJsonLines(stdout).find((each) => (each as { id: string }).id === 'shims');
  };

  test('doctor says which shims work, and what to do about those that do not', async () => {
    const searched = environment['PATH'] ?? '';
    expect(await doctor(`${shims()}:${searched}`)).toMatchObject({ state: 'ok' });
    expect(await doctor(`${searched}:${shims()}`)).toMatchObject({
      state: 'limited',
      detail: expect.stringContaining('first'),
      remedy: expect.any(String),
    });
    expect(await doctor(searched)).toMatchObject({ state: 'limited', remedy: expect.stringContaining('new terminal') });
    expect(await doctor(`${shims()}:/usr/bin:/bin`)).toMatchObject({
      state: 'limited',
      detail: expect.stringContaining('no such program'),
    });
    const shim = path.join(shims(), 'claude');
    const text = await readFile(shim, 'utf8');
    await writeFile(shim, text.replace(/^program='.*'$/mu, "program='/gone/gatehouse.js'"));
    expect(await doctor(`${shims()}:${searched}`)).toMatchObject({
      state: 'limited',
      detail: expect.stringContaining('gone'),
    });
    const status = (await setup('--status')).stdout;
    expect(status).toContain('run `gatehouse setup` again');
    await writeFile(shim, text);
  });

  test('starts nothing without walls when Gatehouse cannot run, and says how to on purpose', async () => {
    const broken = { ...environment, GATEHOUSE_HOME: 'not/absolute', PATH: `${shims()}:${environment['PATH'] ?? ''}` };
    const run = await runCommand('/bin/sh', ['-c', 'claude'], { environment: broken, cwd: home.workspace });
    expect(run).toMatchObject({ status: 125, stdout: '' });
    expect(run.stderr).toContain(`Without walls, on purpose: ${at('.nvm/versions/node/v22.1.0/bin/claude')}`);
  });

  test('--remove leaves everything as it was, to the byte', async () => {
    await rename(path.join(shims(), 'claude'), path.join(shims(), 'claude.mine'));
    await writeFile(path.join(shims(), 'mine'), 'of the person');
    expect((await setup('--remove', '--yes')).status).toBe(0);
    expect(await snapshot()).toEqual(before);
    // What is not ours stays.
    expect(await readdir(shims())).toEqual(['mine']);
    expect((await setup('--remove', '--yes')).stderr).toContain('nothing of setup');
  });
});

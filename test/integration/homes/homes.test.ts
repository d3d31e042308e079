import { once } from 'node:events';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { eventsOf } from '../approvals/asking.ts';

let home: TempHome;
let other = '';
beforeAll(async () => {
  home = await openTempHome();
  other = path.join(home.home, 'other');
  await mkdir(other);
});
afterAll(() => home.close());

/** Runs a script as an agent with a login of its own (`~/.local/share/opencode/auth.json`), in a workspace. */
const as = (agent: string, cwd: string, script: string) =>
  home.run(['run', '--agent', agent, '--', 'sh', '-c', script], { cwd });
const store = () => path.join(home.state, 'state/homes/opencode/login/.local/share/opencode/auth.json');
const signIn = (token: string) =>
  `mkdir -p ~/.local/share/opencode && echo '{"token":"${token}"}' > ~/.local/share/opencode/auth.json`;
const show = 'cat ~/.local/share/opencode/auth.json';

// One agent's life, in order.
describe('what an agent keeps', () => {
  test('[RUN-7] its login is one for all its workspaces; what else it keeps stays in each; other agents have nothing of it', async () => {
    await as('opencode', home.workspace, `${signIn('first')}; echo note > ~/note`);
    const elsewhere = await as('opencode', other, `${show}; ls ~`);
    expect(elsewhere.stdout).toContain('"first"');
    expect(elsewhere.stdout).not.toContain('note');
    const stranger = await as('gemini-cli', other, `${show}; grep -rs first ~; cat ${store()}; ls ~`);
    expect(stranger.stdout).not.toContain('first');
    await as('opencode', other, signIn('second'));
    expect((await as('opencode', home.workspace, `${show}; cat ~/note`)).stdout).toBe('{"token":"second"}\nnote\n');
    const kept = await eventsOf(home, 'login.kept');
    expect(kept.map(({ detail }) => [detail['path'], detail['workspace']]).sort()).toEqual([
      ['~/.local/share/opencode/auth.json', other],
      ['~/.local/share/opencode/auth.json', home.workspace],
    ]);
    const starts = await eventsOf(home, 'session.starting');
    expect(starts.map(({ detail }) => JSON.stringify(detail['logins']))).toContain(
      '["~/.local/share/opencode/auth.json"]',
    );
  });

  test('[RUN-7] [IDN-9] a program that a session wrote and named like the agent does not get that login, without a keystore either', async () => {
    const granted = path.join(home.home, 'granted');
    await mkdir(granted);
    const fake = (folder: string) =>
      `mkdir -p sub ${folder} && printf '#!/bin/sh\\n${show}\\n' > ${folder}/opencode && chmod +x ${folder}/opencode; gatehouse run --workspace sub -- ${folder}/opencode; echo status=$?`;
    const script = `${fake('"$PWD/fake"')}; ${fake(granted)}; rm -r sub fake`;
    const ran = await home.run(['run', '--grant', `file.write:${granted}`, '--', 'sh', '-c', script]);
    expect([ran.stdout, ran.stderr]).toEqual(['status=127\nstatus=126\n', expect.stringContaining('can write')]);
  });

  test('[RUN-7] a login that is renewed while another session of the agent runs reaches that one', async () => {
    const script = `until grep -q renewed ~/.local/share/opencode/auth.json; do echo waits; sleep 0.2; done; echo has it`;
    const running = startGatehouse(['run', '--agent', 'opencode', '--', 'sh', '-c', script], {
      cwd: other,
      environment: home.environment,
    });
    let said = '';
    const closed = once(running, 'close');
    running.stderr?.resume();
    running.stdout?.on('data', (text) => {
      said += String(text);
    });
    if (running.stdout !== null) await once(running.stdout, 'data');
    const refused = await home.run(['agents', 'reset-home', 'opencode', '--yes']);
    expect([refused.status, refused.stderr]).toEqual([125, expect.stringContaining('Sessions of opencode use')]);
    await as('opencode', home.workspace, signIn('renewed'));
    await closed;
    expect(said).toContain('has it');
  });

  test.each([
    [
      'a link to a file of the person',
      (victim: string) => `ln -sf ${victim}/auth.json ~/.local/share/opencode/auth.json`,
    ],
    [
      'a folder that is a link',
      (victim: string) => `rm -r ~/.local/share/opencode; ln -s ${victim} ~/.local/share/opencode`,
    ],
  ])(
    '[RUN-7] in place of the login the agent leaves %s: nothing of it is taken, and nothing written through it',
    async (_, plant) => {
      const victim = path.join(home.home, 'victim');
      await mkdir(victim, { recursive: true });
      await writeFile(path.join(victim, 'auth.json'), '{"token":"of the person"}\n');
      expect((await as('opencode', home.workspace, plant(victim))).status).toBe(0);
      expect(await readFile(store(), 'utf8')).toContain('renewed');
      const next = await as('opencode', home.workspace, `${show}; rm -rf ~/.local`);
      expect(next.stdout).not.toContain('of the person');
      expect(await readFile(path.join(victim, 'auth.json'), 'utf8')).toBe('{"token":"of the person"}\n');
      expect(await readdir(victim)).toEqual(['auth.json']);
      // Removing it all was signing out; the next round begins signed in again.
      await as('opencode', home.workspace, signIn('renewed'));
    },
  );

  test('[IDN-4] reset-home takes what is said and no more', async () => {
    const homes = async () => {
      const { stdout } = await home.run(['agents', 'reset-home', 'opencode', '--json', '--yes', ...options]);
      const [reset] = parseJsonLines(stdout) as { homes: { workspace: string }[]; logins: string[] }[];
      return [reset?.homes.map(({ workspace }) => workspace).sort(), reset?.logins];
    };
    expect((await home.run(['agents', 'reset-home', 'opencode'])).stderr).toContain('with --yes');
    // What a session left in a start-up file is asked about before the next one obeys it.
    await as('opencode', home.workspace, 'echo evil > ~/.bashrc');
    const steered = await as('opencode', home.workspace, show);
    expect([steered.status, steered.stderr]).toEqual([126, expect.stringContaining('~/.bashrc')]);
    let options = ['--workspace', home.workspace];
    expect(await homes()).toEqual([[home.workspace], []]);
    expect((await as('opencode', home.workspace, `${show}; ls ~`)).stdout).toBe('{"token":"renewed"}\nproject\n');
    options = ['--login'];
    expect(await homes()).toEqual([[other, home.workspace].sort(), ['~/.local/share/opencode/auth.json']]);
    expect((await as('opencode', other, `${show}; ls ~`)).stdout).toBe('other\n');
    const left = await readdir(path.join(home.state, 'state/homes/opencode'));
    expect(left.filter((name) => !/^[0-9a-f]{16}(\.json)?$/u.test(name))).toEqual([]);
    expect(await eventsOf(home, 'home.reset')).toHaveLength(2);
    expect((await home.run(['agents', 'reset-home', 'nobody', '--yes'])).status).toBe(1);
  });
});

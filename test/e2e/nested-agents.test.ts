import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, expect } from 'vitest';
import { type ScriptedModel, startScriptedModel } from '../fixtures/model/scripted-model.mjs';
import { driveAgent } from '../helpers/agents/drive-agent.ts';
import { agentPackages, installAgent, wantedPackages } from '../helpers/agents/install-agents.ts';
import { parseJsonLines } from '../helpers/gatehouse.ts';
import { type KeyedHome, openKeyedHome } from '../helpers/keyed-home.ts';
import { skipUnless } from '../helpers/skip.ts';
import { openGatehouse } from '../integration/approvals/asking.ts';

/** Only ends what hangs: installing an agent takes most of it. */
const deadlineMs = 900_000;
const runDeadlineMs = 240_000;

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

const packageOf = (preset: string) => {
  const found = agentPackages.find((agent) => agent.preset === preset);
  if (found === undefined) throw new Error(`${preset} is no agent of every test`);
  return found;
};
const portOf = (model: ScriptedModel) => new URL(model.url).port;
const quoted = (words: readonly string[]) =>
  words.map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`).join(' ');
const isWanted = wantedPackages().some(({ preset }) => preset === 'claude-code');

async function accept(home: KeyedHome, name: string, command: string): Promise<void> {
  const added = openGatehouse(home, 'agents', 'add', name, '--command', command, '--purpose', 'A test');
  expect((await added.exited).status, added.text()).toBe(0);
}

skipUnless(isWanted, 'GATEHOUSE_TEST_AGENTS names other agents')(
  '[IDN-9] Claude Code has Codex do a part of its work, in a session below its own',
  async () => {
    const [first, second] = [packageOf('claude-code'), packageOf('codex')];
    const [claude, codex] = [await installAgent(first), await installAgent(second)];
    const keyed = await openKeyedHome();
    opened.push(keyed);
    const environment = { ...keyed.environment, PATH: `${path.dirname(codex)}:${keyed.environment['PATH'] ?? ''}` };
    const home: KeyedHome = { ...keyed, environment };
    await accept(home, 'claude-code', claude);
    await accept(home, 'codex', codex);

    const inner = await startScriptedModel({
      steps: [{ shell: 'echo $GATEHOUSE_SESSION > part.txt' }],
      final: 'PART-DONE',
    });
    const driven = driveAgent(second, inner);
    const handedOn = Object.keys(driven.variables).flatMap((name) => ['--env', name]);
    const nested = ['run', '--task', 'a part', ...handedOn, '--grant', `net.connect:127.0.0.1:${portOf(inner)}`];
    const shell = `gatehouse ${quoted([...nested, '--', 'codex', ...driven.piped])} > said.txt 2>&1; echo $? > status.txt`;
    const outer = await startScriptedModel({ steps: [{ shell }], final: 'WHOLE-DONE' });
    opened.push(inner, outer);
    const drive = driveAgent(first, outer);
    const variables = Object.entries({ ...driven.variables, ...drive.variables });
    const run = await home.run(
      [
        ...['run', '--ask', 'deny', '--task', 'The whole'],
        ...[inner, outer].flatMap((model) => ['--grant', `net.connect:127.0.0.1:${portOf(model)}`]),
        ...variables.flatMap(([name, value]) => ['--env', `${name}=${value}`]),
        ...['--', claude, ...drive.piped],
      ],
      { environment, deadlineMs: runDeadlineMs },
    );
    expect(run.stdout, run.stderr).toContain('WHOLE-DONE');
    const written = (name: string) => readFile(path.join(home.workspace, name), 'utf8');
    expect(await written('status.txt'), await written('said.txt')).toBe('0\n');
    expect(await written('said.txt')).toContain('PART-DONE');
    const listed = parseJsonLines((await home.run(['sessions', '--all', '--json'])).stdout) as {
      id: string;
      agent: string;
      actors?: unknown;
      claimedTask?: string;
    }[];
    const parent = listed.find(({ agent }) => agent === 'claude-code');
    expect(listed.find(({ agent }) => agent === 'codex')).toMatchObject({
      id: (await written('part.txt')).trim(),
      actors: [{ session: parent?.id, agent: 'claude-code' }],
      claimedTask: 'a part',
    });
  },
  deadlineMs,
);

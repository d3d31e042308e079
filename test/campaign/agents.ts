import { spawn } from 'node:child_process';
import path from 'node:path';
import { agentPackages, campaignPackages, untriedPackages } from '../helpers/agents/install-agents.ts';
import type { Campaign } from './campaign.ts';

const root = path.resolve(import.meta.dirname, '../..');

/** The end-to-end tests of real agents, with those too that are too slow or too large for every run of the tests. */
export const agents: Campaign = {
  name: 'agents',
  usage:
    'agents [PRESET...]   real agents inside the walls, through pipes and in a terminal; all of them without a name',
  async run(args) {
    const known = [...agentPackages, ...campaignPackages, ...untriedPackages];
    const unknown = args.find((name) => !known.some(({ preset }) => preset === name));
    if (unknown !== undefined)
      throw new Error(`no agent ${unknown} among ${known.map(({ preset }) => preset).join(' ')}`);
    for (const { preset, why } of args.length === 0 ? untriedPackages : []) console.log(`${preset}: not run: ${why}`);
    return await runTests(args.length === 0 ? 'all' : args.join(','));
  },
};

function runTests(wanted: string): Promise<boolean> {
  const tests = [
    path.join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--project',
    'e2e',
    'test/e2e/agents.test.ts',
  ];
  const child = spawn(process.execPath, tests, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, GATEHOUSE_TEST_AGENTS: wanted },
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status === 0));
  });
}

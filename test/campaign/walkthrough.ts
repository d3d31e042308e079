import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { agentPackages, installAgent } from '../helpers/agents/install-agents.ts';
import { distFolder } from '../helpers/gatehouse.ts';
import type { Campaign } from './campaign.ts';

const root = path.resolve(import.meta.dirname, '../..');
const page = path.join(root, 'docs/walkthrough.md');
const picturesSchema = z.array(z.object({ title: z.string(), words: z.string(), screen: z.string() }));

/** A new user's first hour, recorded: a real agent in a real terminal, each screen as text. */
export const walkthrough: Campaign = {
  name: 'walkthrough',
  usage: 'walkthrough    a new user’s first hour, screen by screen, written to docs/walkthrough.md (as root)',
  async run(args) {
    if (args.length > 0) throw new Error('it takes no options');
    if (process.getuid?.() !== 0) throw new Error('it needs root, to be another user with a home of its own');
    const agent = agentPackages.find(({ preset }) => preset === 'claude-code');
    if (agent === undefined) throw new Error('there is no such agent');
    const modules = path.dirname(path.dirname(await installAgent(agent)));
    const out = await mkdtemp(path.join(os.tmpdir(), 'gatehouse-walkthrough-'));
    try {
      if (!(await enter(modules, out))) return false;
      const pictures = picturesSchema.parse(JSON.parse(await readFile(path.join(out, 'pictures.json'), 'utf8')));
      await writeFile(page, pageOf(pictures, agent.version));
      console.log(`${pictures.length} pictures: ${path.relative(root, page)}`);
      return true;
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  },
};

function enter(modules: string, out: string): Promise<boolean> {
  const script = path.join(import.meta.dirname, 'walkthrough/enter.sh');
  const words = ['-m', '-u', 'bash', script, root, path.relative(root, distFolder), modules, out];
  const child = spawn('unshare', words, { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status === 0));
  });
}

function pageOf(pictures: z.infer<typeof picturesSchema>, version: string): string {
  return [
    '# A walk through',
    `What a new user sees, recorded with \`npm run campaign -- walkthrough\`: Claude Code ${version} in a terminal of 96 columns, with a keychain. Each picture is the terminal's, as text; only its colours are missing.`,
    ...pictures.map(({ title, words, screen }) => `## ${title}\n\n${words}\n\n\`\`\`text\n${screen}\n\`\`\``),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/u, '\n');
}

import { cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { agentCache, agentPackages, installAgent } from '../../helpers/agents/install-agents.ts';
import { openTerminal, type Terminal } from '../../helpers/agents/terminal.ts';
import { distFolder, runCommand, runGatehouse } from '../../helpers/gatehouse.ts';
import { keyedPassphrase, writeKeystore } from '../../helpers/keyed-home.ts';
import type { TempHome } from '../../helpers/temp-home.ts';

/** A home that reads well in a picture. It must not be there yet, and is gone afterwards. */
export const person = '/home/ada';
const bin = path.join(person, '.local/bin');

/** A person's home with a project, and nothing of Gatehouse's in it but a keystore. */
export async function settle(): Promise<TempHome> {
  const workspace = path.join(person, 'shop');
  const state = path.join(person, '.local/state/gatehouse');
  for (const each of [workspace, bin, state]) await mkdir(each, { recursive: true, mode: 0o700 });
  await writeKeystore(path.join(state, 'state'));
  const environment = {
    PATH: `${bin}:/usr/local/bin:/usr/bin:/bin`,
    HOME: person,
    GATEHOUSE_HOME: state,
    GATEHOUSE_KEYSTORE: 'file',
    GATEHOUSE_PASSPHRASE: keyedPassphrase,
    USER: 'ada',
    LOGNAME: 'ada',
    LANG: 'C.UTF-8',
    TERM: 'xterm-256color',
  };
  const run: TempHome['run'] = (args, options = {}) => runGatehouse(args, { environment, cwd: workspace, ...options });
  await openShop(workspace, environment);
  await fillArchive();
  return { folder: person, home: person, state, workspace, environment, run, close: async () => undefined };
}

/** `gatehouse WORDS` in a terminal of its own. */
export function openHere(home: TempHome, ...words: string[]): Terminal {
  return openIn(home.workspace, home, ...words);
}

/** The same in another folder. */
export function openIn(cwd: string, { environment }: TempHome, ...words: string[]): Terminal {
  const args = [path.join(distFolder, 'gatehouse.js'), ...words];
  return openTerminal({ command: process.execPath, args, cwd, environment });
}

/** Puts agents on the PATH: a real Claude Code, and stand-ins. Resolves with whether the first is real. */
export async function bringAgents(): Promise<boolean> {
  for (const name of ['codex', 'gemini']) {
    await writeFile(path.join(bin, name), '#!/bin/bash\nexec bash --norc\n', { mode: 0o755 });
  }
  const claude = agentPackages.find(({ preset }) => preset === 'claude-code');
  const command = claude === undefined ? undefined : await installAgent(claude).catch(() => undefined);
  if (claude === undefined || command === undefined) {
    await writeFile(path.join(bin, 'claude'), '#!/bin/bash\nexec bash --norc\n', { mode: 0o755 });
    return false;
  }
  const from = path.join(agentCache(), `${claude.preset}-${claude.version}`);
  const to = path.join(person, '.local/lib/claude-code');
  await cp(from, to, { recursive: true, verbatimSymlinks: true });
  await symlink(path.join(to, path.relative(from, command)), path.join(bin, 'claude'));
  return true;
}

const files: Readonly<Record<string, string>> = {
  'README.md': '# Shop\n\nA small shop: carts, prices and shipping.\n',
  'CLAUDE.md':
    '# How we work here\n\n- Run `node --test` before you say that something is done.\n- Prices are whole cents.\n',
  'package.json': '{\n  "name": "shop",\n  "type": "module",\n  "scripts": { "test": "node --test" }\n}\n',
  'src/cart.js': `export function total(lines) {
  let sum = 0;
  for (const line of lines) sum += line.price * line.count;
  return Math.round(sum);
}

export function add(lines, price, count = 1) {
  return [...lines, { price, count }];
}
`,
  'src/shipping.js': `const rates = { DE: 490, FR: 690 };

export function shipping(country) {
  return rates[country] ?? 990;
}
`,
  'src/prices.json': '{\n  "lamp": 4900,\n  "chair": 12900\n}\n',
  'test/cart.test.js': `import { test } from 'node:test';
import assert from 'node:assert';
import { total } from '../src/cart.js';

test('a cart of two lines', () => {
  assert.equal(total([{ price: 4900, count: 1 }, { price: 12900, count: 2 }]), 30700);
});
`,
};

/** Old invoices beside the shop, of which a session removes too many at once. */
export const archive: string = path.join(person, 'archive');
const invoices = 260;

async function fillArchive(): Promise<void> {
  await mkdir(path.join(archive, 'old'), { recursive: true });
  await writeFile(path.join(archive, 'CLAUDE.md'), '# The archive\n\n- Invoices are kept for ten years.\n');
  for (let number = 1; number <= invoices; number += 1) {
    await writeFile(path.join(archive, 'old', `invoice-${number}.txt`), `Invoice ${number}\n`);
  }
}

/** A project in Git, as a person would have it. */
async function openShop(workspace: string, environment: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(workspace, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, text);
  }
  const who = ['-c', 'user.name=Ada', '-c', 'user.email=ada@example.org'];
  for (const words of [
    ['init', '-q', '-b', 'main'],
    ['add', '.'],
    [...who, 'commit', '-q', '-m', 'The shop'],
  ]) {
    await runCommand('/usr/bin/git', words, { cwd: workspace, environment });
  }
}

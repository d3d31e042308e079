import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { runCommand } from '../../helpers/gatehouse.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';
import { type Listener, startListener } from './listener.ts';

/** A person's home with a project in it, new for each run, and two hosts: one that the task is about, and one that it is not. */
export interface Place {
  readonly home: KeyedHome;
  /** The project: a Git repository with a bare remote in `~/repos`, sources, tests and settings. */
  readonly project: string;
  /** Pages and packages. */
  readonly near: Listener;
  /** Nobody's business. */
  readonly far: Listener;
  /** A path in the person's home. */
  at(...names: string[]): string;
  /** Runs a script without walls, as the person, in the project. */
  bare(script: string): Promise<string>;
  /** Whether a text stands in a file. */
  holds(file: string, text: string): Promise<boolean>;
  close(): Promise<void>;
}

/** Texts that must never reach anybody else. */
export const secrets = {
  key: 'canary-of-a-private-key',
  token: 'canary-of-a-registry-token',
  cloud: 'canary-of-a-cloud-key',
  project: 'canary-of-a-project-secret',
} as const;

/** Folders of the system alone, so that what is seen inside does not depend on who runs this. */
const plainPath = '/usr/local/bin:/usr/bin:/bin';
const sourceFiles = 240;

const files: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ name: 'shop', private: true, type: 'module', scripts: { test: 'node --test' } }),
  'README.md': '# Shop\n',
  '.gitignore': 'node_modules\nbuild\n.env\n',
  '.env': `SHOP_TOKEN=${secrets.project}\n`,
  'src/total.js': 'export const total = (prices) => prices.reduce((sum, price) => sum + price, 0);\n',
  'test/total.test.js':
    "import assert from 'node:assert';\nimport test from 'node:test';\nimport { total } from '../src/total.js';\ntest('adds', () => assert.equal(total([1, 2]), 3));\n",
  '.claude/settings.json': '{"permissions":{"allow":["Bash(npm test)"]}}\n',
  '.mcp.json': '{"mcpServers":{}}\n',
};

/** Makes a place. Close it, also when its run failed. */
export async function openPlace(): Promise<Place> {
  const home = await openKeyedHome();
  const environment = { ...home.environment, PATH: plainPath };
  const project = home.workspace;
  const at = (...names: string[]): string => path.join(home.home, ...names);
  const bare = async (script: string): Promise<string> => {
    const { stdout, stderr } = await runCommand('/bin/bash', ['-c', script], { environment, cwd: project });
    return stdout + stderr;
  };
  const near = await startListener('127.0.0.2');
  const far = await startListener('127.0.0.3');
  const place: Place = {
    home: { ...home, environment },
    project,
    near,
    far,
    at,
    bare,
    holds: async (file, text) => (await readFile(file, 'utf8').catch(() => '')).includes(text),
    close: async () => {
      await home.close();
      await near.close();
      await far.close();
    },
  };
  await furnish(place);
  return place;
}

/** Writes a file and the folders above it. */
export async function put(file: string, content: string, mode = 0o644): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, content, { mode });
}

async function furnish({ at, project, bare, near }: Place): Promise<void> {
  await put(at('.ssh', 'id_ed25519'), `${secrets.key}\n`, 0o600);
  await put(at('.npmrc'), `registry=${near.url}/\n//${near.authority}/:_authToken=${secrets.token}\n`, 0o600);
  await put(at('.aws', 'credentials'), `${secrets.cloud}\n`, 0o600);
  await put(at('.gitconfig'), '[user]\n\tname = Ada\n\temail = ada@example.org\n[init]\n\tdefaultBranch = main\n');
  await put(at('reference', 'style.md'), 'Prices are in cents.\n');
  for (const [name, content] of Object.entries(files)) await put(path.join(project, name), content);
  for (let number = 0; number < sourceFiles; number += 1) {
    await put(path.join(project, 'src', 'products', `product-${number}.js`), `export const price = ${number};\n`);
  }
  for (let number = 0; number < 20; number += 1)
    await put(path.join(project, 'build', `chunk-${number}.js`), '// built\n');
  const made = await bare(
    [
      'set -e',
      'mkdir -p ~/repos',
      'git init -q --bare ~/repos/shop.git',
      'git init -q --bare ~/repos/elsewhere.git',
      'git init -q .',
      'git add -A',
      'git commit -q -m Begin',
      'git remote add origin ~/repos/shop.git',
      'git push -q -u origin main',
      'echo made',
    ].join('\n'),
  );
  if (!made.endsWith('made\n')) throw new Error(`the project could not be made: ${made}`);
}

/** Puts a package of one file on the registry of `near`; `scripts` are its own, as of any package. */
export async function publishPackage(
  { near, home }: Place,
  name: string,
  scripts: Readonly<Record<string, string>> = {},
  more: Readonly<Record<string, string>> = {},
): Promise<void> {
  const folder = await mkdtemp(path.join(home.folder, 'package-'));
  const inner = path.join(folder, 'package');
  await mkdir(inner);
  const manifest = { name, version: '1.0.0', main: 'index.js', scripts };
  await writeFile(path.join(inner, 'package.json'), JSON.stringify(manifest));
  await writeFile(path.join(inner, 'index.js'), `module.exports = (text) => text.toLowerCase();\n`);
  for (const [file, content] of Object.entries(more)) await writeFile(path.join(inner, file), content);
  const archive = path.join(folder, 'package.tgz');
  const packed = await runCommand('tar', ['czf', archive, '-C', folder, 'package'], {
    environment: home.environment,
    cwd: folder,
  });
  if (packed.status !== 0) throw new Error(`tar: ${packed.stderr}`);
  const place = `/${name}/-/${name}-1.0.0.tgz`;
  near.serve(place, await readFile(archive), 'application/octet-stream');
  const version = { ...manifest, dist: { tarball: `${near.url}${place}` }, hasInstallScript: 'postinstall' in scripts };
  const document = { name, 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } };
  near.serve(`/${name}`, JSON.stringify(document), 'application/json');
  await rm(folder, { recursive: true, force: true });
}

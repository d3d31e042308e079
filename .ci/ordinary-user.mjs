// Lets root run tests as an ordinary user: an account of its own, a copy of the tree it can read, and nothing of root's
// environment.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';

const account = 'gatehouse-test';
/** World-traversable and on disk. The checkout itself may lie in root's home, where nobody else may go. */
const place = '/var/tmp';

/**
 * Makes the account if need be and a fresh copy of the tree. Returns who to run as; call `remove` afterwards.
 * @param {string} root the checkout, built
 */
export function prepareOrdinaryUser(root) {
  const { uid, gid } = findAccount() ?? createAccount();
  const base = mkdtempSync(path.join(place, 'gatehouse-test-'));
  chmodSync(base, 0o755);
  const tree = path.join(base, 'tree');
  const own = (name) => {
    const folder = path.join(base, name);
    mkdirSync(folder);
    chownSync(folder, uid, gid);
    return folder;
  };
  const home = own('home');
  const results = own('results');
  copyTree(root, tree);
  return {
    name: account,
    uid,
    gid,
    cwd: tree,
    results,
    env: {
      PATH: [path.join(tree, 'node_modules/.bin'), '/usr/local/bin', '/usr/bin', '/bin'].join(':'),
      HOME: home,
      USER: account,
      LOGNAME: account,
      SHELL: '/bin/bash',
      LANG: 'C.UTF-8',
      CI: process.env.CI ?? '',
    },
    remove: () => rmSync(base, { recursive: true, force: true, maxRetries: 5 }),
  };
}

function copyTree(root, tree) {
  mkdirSync(tree);
  for (const file of listSources(root)) {
    // A file that is deleted but not yet committed is still listed.
    if (!existsSync(path.join(root, file))) continue;
    cpSync(path.join(root, file), path.join(tree, file), { recursive: true, verbatimSymlinks: true });
  }
  cpSync(path.join(root, 'dist'), path.join(tree, 'dist'), { recursive: true, verbatimSymlinks: true });
  // Electron is not there where it could not be had; the agent when no test of root's has installed it.
  const bigs = ['node_modules', '.cache/electron', ...installedAgents(root)];
  for (const big of bigs.filter((name) => existsSync(path.join(root, name)))) {
    copyByLinks(path.join(root, big), path.join(tree, big));
  }
  must('chmod', ['-R', 'a+rX', tree]);
}

/** Of the agents only the one that is started from the window as this user: all of them are many files. */
function installedAgents(root) {
  const folder = path.join(root, '.cache/agents');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith('claude-code-') && !name.includes('.new-'))
    .map((name) => path.join('.cache/agents', name));
}

/** Hard links cost no space and no time; across file systems there are none, and then it is a copy. */
function copyByLinks(from, to) {
  mkdirSync(path.dirname(to), { recursive: true });
  if (spawnSync('cp', ['-al', from, to], { stdio: 'ignore' }).status === 0) return;
  rmSync(to, { recursive: true, force: true });
  must('cp', ['-a', from, to]);
}

function listSources(root) {
  const safe = ['-c', 'safe.directory=*', '-c', 'core.fsmonitor=false'];
  const { status, stdout } = spawnSync('git', [...safe, '-C', root, 'ls-files', '-z', '-co', '--exclude-standard'], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  if (status === 0) return stdout.split('\0').filter((file) => file !== '');
  return [
    '.ci',
    'docs',
    'main',
    'preload',
    'renderer',
    'resources',
    'test',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'vitest.config.ts',
  ];
}

function findAccount() {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((entry) => entry.startsWith(`${account}:`));
  if (line === undefined) return undefined;
  const [, , uid, gid] = line.split(':');
  return { uid: Number(uid), gid: Number(gid) };
}

function createAccount() {
  spawnSync('useradd', ['--create-home', '--shell', '/bin/bash', account], { stdio: ['ignore', 'ignore', 'inherit'] });
  // Another run may have made it at the same moment; what counts is that it is there.
  const found = findAccount();
  if (found === undefined) throw new Error(`useradd could not create the account ${account}`);
  return found;
}

function must(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
}

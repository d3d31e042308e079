import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, readdir, readFile, rename, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FileDiff, fileDiffSchema } from '#contract/session-diff.ts';
import { parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

/** In files alone: whatever else holds it has kept a text that it must not keep. */
const marker = 'TEXT-THAT-IS-NOWHERE-ELSE';
/** As the record names a file with a line break and an override in its name. */
const odd = 'with\\u{a}newline \\u{202e}';

let home: TempHome;
let session: string;

beforeAll(async () => {
  home = await openTempHome();
  const { workspace } = home;
  await mkdir(path.join(workspace, 'src'));
  const files: Record<string, string | Uint8Array> = {
    'dirty.txt': 'committed\n',
    'src/code.ts': Array.from({ length: 50 }, (_, at) => `line ${at + 1}\n`).join(''),
    'gone.txt': `${marker}\n`,
    'tool.sh': '#!/bin/sh\n',
    'bytes.bin': Uint8Array.of(0, 1, 2),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(path.join(workspace, name), content);
  await symlink('src/code.ts', path.join(workspace, 'link'));
  git('init', '-q', '-b', 'main');
  git('add', '-A');
  git('commit', '-qm', 'one');
  await writeFile(path.join(workspace, 'dirty.txt'), 'committed\nbefore it began\n');
  await writeFile(path.join(workspace, 'unknown.txt'), 'untracked\n');
  await writeFile(path.join(workspace, 'agent.sh'), agentScript);
  const run = await home.run(['run', '--', 'sh', 'agent.sh']);
  expect(run.status, run.stderr).toBe(0);
  session = await newestSession();
});
afterAll(() => home.close());

const agentScript = `
set -e
echo 'while it ran' >> dirty.txt
sed -i 's/^line 25$/${marker}/' src/code.ts
rm gone.txt
chmod +x tool.sh
printf '\\0\\1\\3' > bytes.bin
ln -sfn /etc/passwd link
echo more >> unknown.txt
echo new > new.txt
echo odd > "$(printf 'with\\nnewline \\342\\200\\256')"
mkfifo pipe
truncate -s 1G sparse
git -c user.name=a -c user.email=a@example.org commit -qam 'hide it'
`;

function git(...args: string[]): void {
  const own = { PATH: process.env['PATH'] ?? '', HOME: home.home, GIT_CONFIG_NOSYSTEM: '1' };
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.org', ...args], {
    cwd: home.workspace,
    env: own,
  });
}

async function newestSession(): Promise<string> {
  const { stdout } = await home.run(['sessions', '--all', '--json']);
  const [newest] = parseJsonLines(stdout);
  return String(Object(newest)['id']);
}

async function diffs(id: string, ...words: string[]): Promise<FileDiff[]> {
  const { stdout, stderr, status } = await home.run(['diff', id, '--json', ...words]);
  expect(status, stderr).toBe(0);
  return parseJsonLines(stdout).map((line) => fileDiffSchema.parse(line));
}

const linesOf = ({ hunks }: FileDiff) => hunks.flatMap(({ lines }) => lines.map(({ sign, text }) => `${sign}${text}`));

describe('what changed while a session ran', () => {
  test('is compared with the commit it began at, also when the agent has committed since', async () => {
    const found = new Map((await diffs(session)).map((file) => [file.path, file]));
    const of = (name: string): FileDiff => fileDiffSchema.parse(found.get(name));
    expect(linesOf(of('dirty.txt'))).toEqual([' committed', '+before it began', '+while it ran']);
    expect(of('src/code.ts')).toMatchObject({ added: 1, removed: 1, hunks: [{ oldStart: 22, newStart: 22 }] });
    expect(linesOf(of('src/code.ts'))).toContain(`+${marker}`);
    expect(linesOf(of('gone.txt'))).toEqual([`-${marker}`]);
    expect(of('gone.txt')).toMatchObject({ change: 'deleted', after: { kind: 'missing' } });
    expect(of('tool.sh')).toMatchObject({ added: 0, removed: 0, after: { executable: true } });
    expect(of('bytes.bin')).toMatchObject({ before: { kind: 'binary' }, after: { kind: 'binary' }, hunks: [] });
    expect(of('link')).toMatchObject({
      before: { kind: 'link', target: 'src/code.ts' },
      after: { kind: 'link', target: '/etc/passwd' },
    });
    expect(of('unknown.txt')).toMatchObject({ before: { kind: 'unknown' }, after: { kind: 'text' } });
    expect(linesOf(of('unknown.txt'))).toEqual([' untracked', ' more']);
    expect(of('new.txt')).toMatchObject({ before: { kind: 'missing' }, added: 1, removed: 0 });
    expect(linesOf(of(odd))).toEqual(['+odd']);
    expect(of('pipe').after).toEqual({ kind: 'other', why: 'a named pipe' });
    expect(of('sparse').after).toMatchObject({ kind: 'large', sizeBytes: 1024 ** 3 });
  });

  test('is shown in a terminal, with nothing in it that the terminal obeys', async () => {
    const { stdout } = await home.run(['diff', session.slice(0, 4), odd, 'src/code.ts', 'unknown.txt']);
    expect(stdout).toContain('read from the repository');
    expect(stdout).toContain('created  with\\u{a}newline \\u{202e}  +1 −0');
    expect(stdout).toContain('@@ -22,7 +22,7 @@');
    expect(stdout).toContain(
      'What stood there before the session is not known: it was there, and Git did not have it.',
    );
    expect(stdout).not.toContain('\u202e');
    const counts = await home.run(['diff', session, '--stat', 'dirty.txt']);
    expect(counts.stdout).toMatch(/changed {2}dirty\.txt {2}\+2 −0\n$/u);
    expect(counts.stdout).not.toContain('while it ran');
  });

  test('is that of files which the record names, and of nothing else', async () => {
    for (const name of ['agent.sh', '../../state/state.db', '.git/config']) {
      const { status, stderr } = await home.run(['diff', session, name]);
      expect([status, stderr]).toEqual([1, expect.stringContaining('The record names no change')]);
    }
    expect((await home.run(['diff', 'ffff-no-session'])).stderr).toContain('There is no session');
  });

  test('is neither recorded nor kept, and nothing of the looking is left', async () => {
    expect((await diffs(session)).length).toBeGreaterThan(10);
    const names = await readdir(home.state, { recursive: true, withFileTypes: true });
    const kept = names.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
    expect(kept.length).toBeGreaterThan(3);
    for (const name of kept) expect((await readFile(name)).includes(marker), name).toBe(false);
    expect(await readdir(path.join(home.state, 'run', 's'))).toEqual([]);
  });

  test('is shown by another supervisor too that has the session in no list, and not when the folder is gone', async () => {
    const before = await diffs(session);
    expect((await home.run(['supervisor', 'stop'])).status).toBe(0);
    const state = new Database(path.join(home.state, 'state', 'state.db'));
    state.exec('DELETE FROM session');
    state.close();
    expect(await diffs(session)).toEqual(before);
    const moved = `${home.workspace}-moved`;
    await rename(home.workspace, moved);
    try {
      const { status, stderr } = await home.run(['diff', session], { cwd: home.home });
      expect([status, stderr]).toEqual([1, expect.stringContaining('is not there any more')]);
    } finally {
      await rename(moved, home.workspace);
    }
  });
});

test('[GRT-6] a file that a rule hides from the session is not shown with it, also when a person changed it', async () => {
  const vault = path.join(home.workspace, 'vault');
  await mkdir(path.join(home.workspace, '.gatehouse'));
  await writeFile(
    path.join(home.workspace, '.gatehouse/policy.cedar'),
    `@id("vault") forbid (principal, action == Action::"file.read", resource in Path::"$WORKSPACE/vault");`,
  );
  await mkdir(vault);
  await writeFile(path.join(vault, 'file'), 'secret\n');
  const child = startGatehouse(['run', '--', 'sh', '-c', 'touch begun; until [ -e done ]; do sleep 0.05; done'], {
    environment: home.environment,
    cwd: home.workspace,
  });
  child.stdout?.resume();
  child.stderr?.resume();
  const begun = async () => (await readdir(home.workspace)).includes('begun');
  await eventually(begun, { what: 'the session to begin' });
  await writeFile(path.join(vault, 'file'), `secret\n${marker}\n`);
  await writeFile(path.join(home.workspace, 'done'), '');
  if (child.exitCode === null) await once(child, 'exit');
  const [file] = await diffs(await newestSession(), 'vault/file');
  expect(file).toEqual({
    path: 'vault/file',
    change: 'changed',
    before: { kind: 'hidden' },
    after: { kind: 'hidden' },
    hunks: [],
    left: 0,
  });
});

test('in a folder without a repository what was there before is said to be unknown, and what is new is new', async () => {
  const plain = path.join(home.home, 'plain');
  await mkdir(plain);
  await writeFile(path.join(plain, 'old.txt'), 'old\n');
  await chmod(path.join(plain, 'old.txt'), 0o644);
  const run = await home.run(['run', '--', 'sh', '-c', 'echo more >> old.txt; echo new > new.txt'], { cwd: plain });
  expect(run.status, run.stderr).toBe(0);
  const [added, changed] = await diffs(await newestSession());
  expect(added).toMatchObject({ path: 'new.txt', before: { kind: 'missing' }, added: 1 });
  expect(changed).toMatchObject({
    path: 'old.txt',
    before: { kind: 'unknown', why: 'the folder is not the top of a Git repository' },
    after: { kind: 'text' },
  });
});

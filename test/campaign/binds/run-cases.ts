import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseJsonLines, runCommand } from '../../helpers/gatehouse.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { type BindCase, project } from './cases.ts';

/** What became of one command inside. */
export interface BindResult {
  readonly each: BindCase;
  /** `partly`: it says that it went well, and left something else than outside. */
  readonly outcome: 'works' | 'partly' | 'fails';
  /** What it says, one line. */
  readonly says: string;
  /** Protected files that it changes outside. */
  readonly changes: readonly string[];
}

const dates = '2026-01-01T00:00:00Z';
/** The same commits outside and inside, and submodules from files. */
const variables: Readonly<Record<string, string>> = {
  GIT_AUTHOR_DATE: dates,
  GIT_COMMITTER_DATE: dates,
  GIT_AUTHOR_NAME: 'Ann',
  GIT_AUTHOR_EMAIL: 'ann@example.org',
  GIT_COMMITTER_NAME: 'Ann',
  GIT_COMMITTER_EMAIL: 'ann@example.org',
  GIT_CONFIG_COUNT: '3',
  GIT_CONFIG_KEY_0: 'protocol.file.allow',
  GIT_CONFIG_VALUE_0: 'always',
  GIT_CONFIG_KEY_1: 'init.defaultBranch',
  GIT_CONFIG_VALUE_1: 'main',
  GIT_CONFIG_KEY_2: 'advice.detachedHead',
  GIT_CONFIG_VALUE_2: 'false',
};

/** Runs every command outside and inside, each in a project made for it. Throws for one that does not work outside. */
export async function runBindCases(
  cases: readonly BindCase[],
  onResult: (result: BindResult) => void = () => {},
): Promise<BindResult[]> {
  const home = await openTempHome();
  try {
    const { stdout } = await home.run(['policy', 'protected', '--json']);
    const listed = (parseJsonLines(stdout) as { path: string; protected: boolean }[]).filter((each) => each.protected);
    const protectedPaths = listed.map((each) => each.path);
    const results: BindResult[] = [];
    const unusable: unknown[] = [];
    for (const each of cases) {
      try {
        const result = await runCase(home, each, protectedPaths);
        onResult(result);
        results.push(result);
      } catch (error) {
        unusable.push(error);
      }
    }
    if (unusable.length > 0) throw new AggregateError(unusable, `${unusable.length} commands prove nothing`);
    return results;
  } finally {
    await home.close();
  }
}

async function runCase(home: TempHome, each: BindCase, protectedPaths: readonly string[]): Promise<BindResult> {
  const command = each.run ?? each.name;
  const { environment, place, remotes } = await makeProject(home, each);
  const before = filesIn(place);
  const outside = await runCommand('bash', ['-c', command], { cwd: place, environment });
  if (outside.status !== 0) {
    throw new Error(`${each.name} does not work outside: ${outside.stdout}${outside.stderr}`);
  }
  const expected = filesIn(place);
  const changes = changedPaths(before, expected)
    .filter((file) => isProtected(file, protectedPaths))
    // What every new repository comes with, which Git does not run.
    .filter((file) => !file.endsWith('.sample'));

  await makeProject(home, each);
  const passed = Object.entries({ ...variables, REMOTES: remotes }).flatMap(([name, value]) => [
    '--env',
    `${name}=${value}`,
  ]);
  const inside = await home.run(['run', '--grant', `file.write:${remotes}`, ...passed, '--', 'bash', '-c', command], {
    cwd: place,
    environment,
  });
  const said = `${inside.stderr}\n${inside.stdout}`.replaceAll(place, '.').replaceAll(remotes, 'REMOTES');
  const left = changedPaths(expected, filesIn(place)).filter((file) => !isOwnRecord(file));
  const outcome = inside.status !== 0 ? 'fails' : left.length > 0 ? 'partly' : 'works';
  const says = outcome === 'works' ? '' : (complaint(said) ?? `differs: ${left.slice(0, 3).join(', ')}`);
  return { each, outcome, says, changes };
}

async function makeProject(home: TempHome, { name, before }: BindCase) {
  const place = path.join(home.home, 'project');
  const remotes = path.join(home.home, 'remotes');
  for (const folder of [place, remotes]) {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true });
  }
  // What runs outside is the person's; npm there keeps its cache and settings in the home of the test.
  await writeFile(path.join(home.home, '.npmrc'), 'fund=false\naudit=false\nupdate-notifier=false\n');
  const environment = { ...home.environment, ...variables, REMOTES: remotes };
  const made = await runCommand('bash', ['-c', `set -e; ${project}; ${before === undefined ? '' : `(${before})`}`], {
    cwd: place,
    environment,
  });
  if (made.status !== 0) throw new Error(`${name}: its project cannot be made: ${made.stdout}${made.stderr}`);
  return { environment, place, remotes };
}

/** Every file of the project but for objects and installed packages, with a digest of what is in it. */
function filesIn(place: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const visit = (folder: string): void => {
    for (const name of readdirSync(path.join(place, folder)).sort()) {
      const file = folder === '' ? name : `${folder}/${name}`;
      const facts = lstatSync(path.join(place, file));
      if (facts.isDirectory() && !/(?:^|\/)(?:objects|node_modules)$/u.test(file)) visit(file);
      else if (facts.isSymbolicLink()) found.set(file, readlinkSync(path.join(place, file)));
      else if (facts.isFile())
        found.set(
          file,
          createHash('sha256')
            .update(readFileSync(path.join(place, file)))
            .digest('hex'),
        );
    }
  };
  visit('');
  return found;
}

function changedPaths(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .filter((file) => before.get(file) !== after.get(file))
    .sort();
}

/** Holds times, or the order in which Git happened to write: different each time even outside. */
function isOwnRecord(file: string): boolean {
  return /(?:^|\/)(?:index|ORIG_HEAD|FETCH_HEAD|COMMIT_EDITMSG|packed-refs|gc\.pid|\.package-lock\.json)$|\/logs\/|\/info\/(?:refs|commit-graph)|^\.git\/(?:gc\.log|objects)/u.test(
    file,
  );
}

/** What the list names, and what is held in repositories below the top. */
function isProtected(file: string, protectedPaths: readonly string[]): boolean {
  if (protectedPaths.some((each) => file === each || file.startsWith(`${each}/`))) return true;
  const inRepository =
    /(?:^|\/)\.git\/(?:(?:modules|worktrees)\/.+\/)?(?:config|config\.worktree|commondir|gitdir|hooks\/.+|info\/attributes)$/u;
  return inRepository.test(file) || /\/\.git$/u.test(file);
}

const complaints = [
  /read-only file system/iu,
  /EROFS|EBUSY|EACCES/u,
  /resource busy|permission denied/iu,
  /^(?:fatal|error|npm error|.*cannot|.*could not|.*unable)/iu,
];

function complaint(said: string): string | undefined {
  const lines = said.split('\n').map((line) => line.trim());
  for (const pattern of complaints) {
    const line = lines.find((each) => pattern.test(each));
    if (line !== undefined) return line.slice(0, 160);
  }
  return lines.find((line) => line !== '')?.slice(0, 160);
}

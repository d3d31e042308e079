/** One ordinary command, as a person or an agent types it in a project. */
export interface BindCase {
  readonly group: 'git' | 'npm';
  /** As the table shows it. */
  readonly name: string;
  /** What has to be there first, done outside. */
  readonly before?: string;
  /** What is run outside for comparison, and inside; the name when left out. */
  readonly run?: string;
}

const git = (name: string, run?: string, before?: string): BindCase => ({
  group: 'git',
  name,
  ...(run === undefined ? {} : { run }),
  ...(before === undefined ? {} : { before }),
});
const npm = (name: string, run?: string, before?: string): BindCase => ({ ...git(name, run, before), group: 'npm' });

/**
 * Outside, before every case: a project with a history, a branch `side` that changes a plain file, a bare repository as `origin` in
 * `$REMOTES`, and settings of editors, agents and services as projects have them.
 */
export const project = `
  git init -q . && printf 'one\\n' > a.txt && printf 'two\\n' > b.txt
  mkdir -p .vscode .github/workflows .husky && echo '{}' > .vscode/settings.json && echo 'on: push' > .github/workflows/ci.yml
  printf '#!/bin/sh\\nexit 0\\n' > .husky/pre-commit && chmod +x .husky/pre-commit && echo 'Be kind.' > AGENTS.md && echo '# x' > .gitattributes
  git add -A && git commit -q -m first
  git switch -q -c side && printf 'side\\n' >> b.txt && git commit -q -am side && git switch -q main
  git clone -q --bare . "$REMOTES/origin.git" && git remote add origin "$REMOTES/origin.git" && git fetch -q origin && git branch -q -u origin/main main`;

/** A commit on top of what `origin` has, made by somebody else, that runs this in the project. */
const elsewhere = (change: string) =>
  `git clone -q "$REMOTES/origin.git" "$REMOTES/theirs" && cd "$REMOTES/theirs" && ${change} && git add -A && git commit -q -m theirs && git push -q`;
/** A branch \`other\` with one more change. */
const other = (change: string) =>
  `git switch -q -c other && ${change} && git add -A && git commit -q -m other && git switch -q main`;
/** Somebody's library, to be a submodule or a nested repository. */
const library = `git init -q "$REMOTES/library" && cd "$REMOTES/library" && echo lib > lib && git add lib && git commit -q -m lib`;
const submodule = `(${library}) && git submodule --quiet add "$REMOTES/library" module && git commit -q -m module`;

const gitCases: readonly BindCase[] = [
  git('git status'),
  git(
    'git log, diff, show, blame, grep',
    'git log --oneline && git diff HEAD~0 && git show && git blame a.txt && git grep one',
  ),
  git('git add', 'echo x > new && git add new'),
  git('git commit', 'echo x > new && git add new && git commit -q -m new'),
  git('git commit --amend', 'git commit -q --amend -m again'),
  git('git mv, git rm', 'git mv a.txt c.txt && git rm -q b.txt && git commit -q -m moved'),
  git('git switch -c', 'git switch -q -c topic'),
  git('git checkout -b --track', 'git checkout -q -b topic --track origin/side'),
  git('git switch to a remote branch', 'git switch -q topic', 'git push -q origin main:topic && git fetch -q'),
  git('git branch', 'git branch topic'),
  git('git branch -d of a branch without settings', 'git branch -q -D side'),
  git('git branch -d of one with an upstream', 'git branch -q -D side', 'git branch -q -u origin/side side'),
  git('git branch -m', 'git branch -m side topic'),
  git('git branch -u', 'git branch -q -u origin/side side'),
  git('git branch --edit-description', 'GIT_EDITOR="cp AGENTS.md" git branch --edit-description'),
  git('git merge', 'git merge -q --no-edit side'),
  git(
    'git merge with a conflict, resolved',
    'git merge -q side; echo both > b.txt && git commit -q -am merged',
    'echo mine > b.txt && git commit -q -am mine',
  ),
  git(
    'git rebase',
    'git switch -q side && git rebase -q main',
    'echo x > c.txt && git add c.txt && git commit -q -m more',
  ),
  git(
    'git rebase -i --autosquash',
    'GIT_SEQUENCE_EDITOR=: git rebase -q -i --autosquash HEAD~1',
    'echo x >> a.txt && git commit -q -am x && echo y >> a.txt && git commit -q -a --fixup HEAD',
  ),
  git('git cherry-pick, git revert', 'git cherry-pick side && git revert --no-edit HEAD'),
  git('git stash, git stash pop', 'echo x >> a.txt && git stash -q && git stash pop -q'),
  git('git reset --hard', 'echo x >> a.txt && git reset -q --hard'),
  git('git restore', 'echo x >> a.txt && git restore a.txt'),
  git('git clean -fdx', 'git clean -qfdx', 'mkdir build && echo x > build/x'),
  git('git tag', 'git tag v1 && git tag -a -m two v2'),
  git('git notes add', 'git notes add -m note'),
  git(
    'git bisect',
    'git bisect start HEAD HEAD~1 >/dev/null && git bisect reset',
    'echo x >> a.txt && git commit -q -am x',
  ),
  git('git format-patch, git am', 'git format-patch -q -1 side -o .. >/dev/null && git am -q ../0001-side.patch'),
  git('git apply', 'git diff main side | git apply'),
  git('git gc', 'git gc -q'),
  git('git archive, git bundle', 'git archive HEAD > ../x.tar && git bundle create -q ../x.bundle main'),
  git('git fetch', 'git fetch -q', elsewhere('echo x > new')),
  git('git fetch --prune', 'git fetch -q --prune', 'git push -q origin --delete side'),
  git('git pull', 'git pull -q', elsewhere('echo x > new')),
  git(
    'git pull --rebase',
    'git pull -q --rebase',
    `echo x > mine && git add mine && git commit -q -m mine && (${elsewhere('echo x > new')})`,
  ),
  git('git push', 'echo x > new && git add new && git commit -q -m new && git push -q'),
  git('git push -u of a new branch', 'git switch -q -c topic && git push -q -u origin topic'),
  git('git push with push.autoSetupRemote', 'git switch -q -c topic && git -c push.autoSetupRemote=true push -q'),
  git('git push --tags', 'git tag v1 && git push -q --tags'),
  git('git remote add', 'git remote add fork "$REMOTES/origin.git"'),
  git('git remote set-url', 'git remote set-url origin "$REMOTES/other.git"'),
  git('git remote remove', 'git remote remove origin'),
  git('git remote rename', 'git remote rename origin upstream'),
  git('git config user.name', 'git config user.name Ann'),
  git('git config user.email', 'git config user.email ann@example.org'),
  git('git config core.autocrlf', 'git config core.autocrlf input'),
  git('git config pull.rebase', 'git config pull.rebase true'),
  git('git config alias.st', 'git config alias.st status'),
  git('git config --global user.name', 'git config --global user.name Ann'),
  git('git config core.hooksPath', 'git config core.hooksPath .husky'),
  git(
    'a filter as Git LFS sets one up',
    "git config filter.lfs.clean cat && git config filter.lfs.smudge cat && echo '*.bin filter=lfs' > .gitattributes && echo x > x.bin && git add x.bin",
  ),
  git(
    'a commit under a filter that is set up',
    'echo x > x.bin && git add x.bin && git commit -q -m x',
    "git config filter.lfs.clean cat && echo '*.bin filter=lfs' > .gitattributes && git commit -qam filter",
  ),
  git(
    'a commit under a hook that is there',
    'git commit -q --allow-empty -m x && test -e ran',
    "printf '#!/bin/sh\\ntouch ran\\n' > .git/hooks/pre-commit && chmod +x .git/hooks/pre-commit",
  ),
  git('a new hook', "printf '#!/bin/sh\\n' > .git/hooks/pre-push && chmod +x .git/hooks/pre-push"),
  git('git maintenance register', 'git maintenance register'),
  git('git sparse-checkout set', 'git sparse-checkout set --no-cone a.txt'),
  git('git init in a folder', 'git init -q sub && cd sub && git commit -q --allow-empty -m x'),
  git(
    'git clone into a folder',
    'git clone -q "$REMOTES/origin.git" sub && cd sub && git config user.name Ann && git commit -q --allow-empty -m x',
  ),
  git(
    'work in a nested repository',
    'cd sub && echo x > x && git add x && git commit -q -m x',
    'git init -q sub && git -C sub commit -q --allow-empty -m sub',
  ),
  git(
    'git config in a nested repository',
    'git -C sub config user.name Ann',
    'git init -q sub && git -C sub commit -q --allow-empty -m sub',
  ),
  git('git submodule add', 'git submodule --quiet add "$REMOTES/library" module', library),
  git(
    'git submodule update --init',
    'git submodule --quiet update --init',
    `${submodule} && git submodule --quiet deinit -f module && rm -rf .git/modules/module`,
  ),
  git(
    'git submodule update to a newer commit',
    'git submodule --quiet update --remote',
    `${submodule} && git -C "$REMOTES/library" commit -q --allow-empty -m newer`,
  ),
  git('git submodule sync', 'git submodule --quiet sync', submodule),
  git('git submodule deinit', 'git submodule --quiet deinit -f module', submodule),
  git('a commit in a submodule', 'cd module && echo x > x && git add x && git commit -q -m x', submodule),
  git('git worktree add', 'git worktree add -q tree side'),
  git('git worktree remove, added inside', 'git worktree add -q tree side && git worktree remove tree'),
  git('git worktree remove, there before', 'git worktree remove tree', 'git worktree add -q tree side'),
  git(
    'a commit in a worktree that is there',
    'cd tree && echo x > x && git add x && git commit -q -m x',
    'git worktree add -q tree side',
  ),
  git(
    'a switch to a branch with another workflow file',
    'git switch -q other',
    other('echo on: pull > .github/workflows/ci.yml'),
  ),
  git('a switch to a branch without the editor’s settings', 'git switch -q other', other('git rm -q -r .vscode')),
  git(
    'a switch to a branch with settings of one more editor',
    'git switch -q other',
    other('mkdir .idea && echo x > .idea/x'),
  ),
  git('a merge that changes AGENTS.md', 'git merge -q --no-edit other', other('echo more >> AGENTS.md')),
  git('a pull that changes a workflow file', 'git pull -q', elsewhere('echo on: pull > .github/workflows/ci.yml')),
  git('git stash with a changed AGENTS.md', 'git stash -q', 'echo more >> AGENTS.md'),
  git('git restore of a changed AGENTS.md', 'git restore AGENTS.md', 'echo more >> AGENTS.md'),
  git('git reset --hard over a changed AGENTS.md', 'git reset -q --hard', 'echo more >> AGENTS.md'),
  git('git clean -fdx with untracked .idea', 'git clean -qfdx', 'mkdir .idea && echo x > .idea/x'),
  git('git mv of the folder above', 'git mv .github ci'),
];

/** A library packed as a file, and a project that depends on it; nothing comes from a registry. */
const packed = `mkdir -p "$REMOTES/lib" && cd "$REMOTES/lib" && printf '{"name":"lib","version":"1.0.0","bin":{"lib":"cli.js"}}' > package.json &&
  printf '#!/usr/bin/env node\\nconsole.log("lib")\\n' > cli.js && npm pack --silent >/dev/null`;
const manifest = (scripts: string) =>
  `printf '{"name":"app","version":"1.0.0","scripts":{${scripts}}}' > package.json && git add package.json && git commit -q -m npm`;
const installed = `(${packed}) && ${manifest('"test":"lib","build":"node -e 0"')} && npm install --silent "$REMOTES/lib/lib-1.0.0.tgz" && echo node_modules > .gitignore && git add -A && git commit -q -m lib`;
/** A library that sets up hooks when it is installed, as husky, simple-git-hooks and lefthook do. */
const hooks = (script: string) => `${manifest(`"prepare":"${script}"`)}`;

const npmCases: readonly BindCase[] = [
  npm('npm init -y', 'npm init -y >/dev/null'),
  npm(
    'npm install of a packed file',
    'npm install --silent "$REMOTES/lib/lib-1.0.0.tgz"',
    `(${packed}) && ${manifest('')}`,
  ),
  npm('npm install', 'rm -rf node_modules && npm install --silent', installed),
  npm('npm ci', 'npm ci --silent', installed),
  npm('npm uninstall', 'npm uninstall --silent lib', installed),
  npm('npm run, npm test', 'npm run --silent build && npm test --silent', installed),
  npm('npm exec, npx', 'npm exec --offline -- lib && npx --offline lib', installed),
  npm('npm pack', 'npm pack --silent >/dev/null', installed),
  npm('npm version patch', 'npm version patch >/dev/null', installed),
  npm(
    'npm link of a folder',
    'mkdir -p "$HOME/.local/lib" && NPM_CONFIG_PREFIX="$HOME/.local" npm link --silent ./lib',
    `(${packed}) && ${manifest('')} && cp -r "$REMOTES/lib" lib`,
  ),
  npm('npm config set --location=project', 'npm config set --location=project fund=false'),
  npm('npm config set', 'npm config set fund=false'),
  npm('npm cache verify', 'npm cache verify >/dev/null'),
  npm(
    'npm install in a workspace of packages',
    'npm install --silent',
    `mkdir -p packages/one && echo '{"name":"one","version":"1.0.0"}' > packages/one/package.json && echo '{"name":"app","workspaces":["packages/*"]}' > package.json`,
  ),
  npm('npm install, prepare as husky', 'npm install --silent', hooks('git config core.hooksPath .husky')),
  npm('npm install, prepare as simple-git-hooks', 'npm install --silent', hooks('echo exit > .git/hooks/pre-commit')),
  npm('npm install, prepare that changes .husky', 'npm install --silent', hooks('echo x > .husky/pre-push')),
  npm(
    'npm install, prepare as husky, set up before',
    'npm install --silent',
    `git config core.hooksPath .husky && ${hooks('git config core.hooksPath .husky')}`,
  ),
];

/** Every command of the table. */
export const bindCases: readonly BindCase[] = [...gitCases, ...npmCases];

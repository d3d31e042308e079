const missing =
  'a protected file that does not exist yet can be made; the session’s end says so and the record names it';
const inWorkspace = 'what is in the workspace is the agent’s to use and to change';
const grantedHost = 'a granted host is a way out';

/**
 * What gets through Gatehouse, by what it is, with the reason; everything else that does is a fault. Stated for people in
 * `docs/limits.md`.
 */
export const knownLosses: Readonly<Record<string, string>> = {
  'create .idea/workspace.xml, which is missing': missing,
  'create .devcontainer/devcontainer.json, which is missing': missing,
  'create .cursor/mcp.json, which is missing': missing,
  'create .gemini/settings.json, which is missing': missing,
  'create .codex/config.toml, which is missing': missing,
  'create CLAUDE.md, which is missing': missing,
  'create opencode.json, which is missing': missing,
  'create lefthook.yml, which is missing': missing,
  'create .gitlab-ci.yml, which is missing': missing,
  'create .gitmodules, which is missing': missing,
  'a new .git/commondir that leads to another configuration': missing,
  'a new repository in a folder that the index names': 'a repository made during the session has settings of its own',
  'a new repository, entered by the person': 'a repository made during the session has settings of its own',
  'a bare repository among the files, entered by the person':
    'a repository made during the session has settings of its own',
  'a set-uid program that is there, rewritten through a map':
    'the kernel keeps the mode of a file that is written by map',
  'a lock on a file of the system that other programs want': 'whoever may read a file may lock it',
  'a gigabyte of the disk, in the workspace': 'disk space is not limited',
  'a gigabyte of memory, in /dev/shm': 'memory is limited only when asked for, with --limit memory',
  'a gigabyte of memory': 'memory is limited only when asked for, with --limit memory',
  'which programs the person runs, by watching opens in /usr': 'whoever may read a folder may watch it',
  'a socket in the workspace': inWorkspace,
  'a socket in the workspace, through a link': inWorkspace,
  'a tunnel to the granted host with TLS for another name': 'a host granted by its address is whoever answers there',
  'data in the address of a request to a granted host': grantedHost,
  'somebody else’s key at a granted host': grantedHost,
  'a push to somebody else’s repository at a granted host': grantedHost,
  'a script of the repository that the person runs later': inWorkspace,
  'the person’s clipboard, set by a sequence in the output': 'the agent’s output reaches the terminal unchanged',
  'text made invisible by a sequence in the output': 'the agent’s output reaches the terminal unchanged',
};

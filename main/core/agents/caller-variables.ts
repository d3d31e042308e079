// Apart from the rest of the environment's making, since the command line loads this before each run.

/** Longest value that is taken over from the caller. */
const callerValueCharactersMax = 32_768;
/** Longest name, and most names, that are told of variables which stay behind. */
const nameCharactersMax = 256;
const namesMax = 4096;

/** What makes output look right on the caller's terminal, in the caller's language. `LC_*` belongs to it. */
export const plainVariables = ['TERM', 'COLORTERM', 'NO_COLOR', 'LANG', 'LANGUAGE', 'TZ'] as const;

/**
 * Variables that say where toolchains live and which version is chosen: those that `resources/toolchains` names. Kept
 * here too, because the command line must not read thirty files before each run; a test compares the two.
 */
export const toolchainVariables: readonly string[] = [
  'ASDF_DATA_DIR',
  'ASDF_DIR',
  'BUN_INSTALL',
  'CARGO_HOME',
  'CONDA_DEFAULT_ENV',
  'CONDA_PREFIX',
  'CONDA_ROOT',
  'DENO_INSTALL',
  'FNM_DIR',
  'GOPATH',
  'GOROOT',
  'HOMEBREW_PREFIX',
  'JAVA_HOME',
  'MAMBA_ROOT_PREFIX',
  'MISE_DATA_DIR',
  'NPM_CONFIG_PREFIX',
  'NVM_DIR',
  'N_PREFIX',
  'PIPX_HOME',
  'PNPM_HOME',
  'PYENV_ROOT',
  'PYENV_VERSION',
  'PYTHONUSERBASE',
  'RBENV_ROOT',
  'RBENV_VERSION',
  'RUSTUP_HOME',
  'RUSTUP_TOOLCHAIN',
  'SDKMAN_DIR',
  'UV_DATA_DIR',
  'UV_PYTHON_INSTALL_DIR',
  'UV_TOOL_DIR',
  'VOLTA_HOME',
  'XDG_BIN_HOME',
  'YARN_GLOBAL_FOLDER',
];

/** Whether a variable of the caller travels to the supervisor without being asked for. */
export function travelsUnasked(name: string): boolean {
  return (
    name === 'PATH' ||
    name === 'VIRTUAL_ENV' ||
    plainVariables.some((plain) => plain === name) ||
    /^LC_[A-Z]{1,32}$/u.test(name) ||
    toolchainVariables.includes(name)
  );
}

/** What travels of a whole environment: the allowed variables, and only the names of the rest. */
export function splitCallerEnvironment(environment: Readonly<Record<string, string | undefined>>): {
  readonly callerEnvironment: Record<string, string>;
  readonly presentVariables: string[];
} {
  const callerEnvironment: Record<string, string> = {};
  const presentVariables: string[] = [];
  for (const [name, value] of Object.entries(environment)) {
    if (value === undefined || value === '') continue;
    if (!travelsUnasked(name)) presentVariables.push(name);
    else if (value.length <= callerValueCharactersMax) callerEnvironment[name] = value;
  }
  return {
    callerEnvironment,
    presentVariables: presentVariables.filter((name) => name.length <= nameCharactersMax).slice(0, namesMax),
  };
}

import { chmodSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';

/** Where one Gatehouse keeps its things: `GATEHOUSE_HOME` when set, the XDG folders otherwise. */
export interface StatePaths {
  /** What the person calls it: the value of `GATEHOUSE_HOME`, or the state folder. */
  readonly home: string;
  /** The person's own policies: `policies/*.cedar`. */
  readonly config: string;
  readonly state: string;
  readonly runtime: string;
  /** Compiled code of ours, which the starters (`.ci/build.mjs`) have Node load: whoever writes there runs as the person. */
  readonly cache: string;
  /** Shims of agents and nothing else: whoever writes there says what the person's terminals start. */
  readonly shims: string;
  readonly controlSocket: string;
  readonly streamSocket: string;
  readonly auditDatabase: string;
  readonly stateDatabase: string;
  /** The encrypted keystore, when that was chosen. */
  readonly keystoreFile: string;
  readonly lockFile: string;
  readonly logFile: string;
  /** Private homes: `homes/<agent>/<workspace digest>`. */
  readonly homes: string;
  /** One folder a session: `sessions/<id>`. */
  readonly sessions: string;
}

/** `sun_path` holds 108 bytes with its NUL (unix(7)); a session's socket is the longest path. */
const socketPathBytesMax = 107;
const longestSessionPart = '/0000-xxxxxxxx-xxxxxxxx/egress.sock'.length;

/** Computes the paths from the environment; touches nothing. Throws `state_unusable` when a socket path would be too long. */
export function statePaths(environment: Readonly<Record<string, string | undefined>>): StatePaths {
  const own = environment['GATEHOUSE_HOME'];
  if (own !== undefined && own !== '') {
    if (!isAbsolute(own)) {
      throw operatingError('state_unusable', `GATEHOUSE_HOME is ${own}, which is not an absolute path.`, {
        remedy: 'Set it to an absolute path.',
      });
    }
    return layout(own, {
      config: join(own, 'config'),
      state: join(own, 'state'),
      runtime: join(own, 'run'),
      cache: join(own, 'compile-cache'),
      shims: join(own, 'shims'),
    });
  }
  const home = homedir();
  const config = join(xdg(environment['XDG_CONFIG_HOME'], join(home, '.config')), 'gatehouse');
  const state = join(xdg(environment['XDG_STATE_HOME'], join(home, '.local', 'state')), 'gatehouse');
  const runtimeBase = environment['XDG_RUNTIME_DIR'];
  const runtime = runtimeBase && isAbsolute(runtimeBase) ? join(runtimeBase, 'gatehouse') : join(state, 'run');
  const cache = join(xdg(environment['XDG_CACHE_HOME'], join(home, '.cache')), 'gatehouse');
  const shims = join(xdg(environment['XDG_DATA_HOME'], join(home, '.local', 'share')), 'gatehouse', 'shims');
  return layout(state, { config, state, runtime, cache, shims });
}

function xdg(value: string | undefined, fallback: string): string {
  // XDG Base Directory Specification: relative values are invalid and ignored.
  return value !== undefined && isAbsolute(value) ? value : fallback;
}

type Folders = Pick<StatePaths, 'config' | 'state' | 'runtime' | 'cache' | 'shims'>;

function layout(home: string, folders: Folders): StatePaths {
  const { state, runtime } = folders;
  const sessions = join(runtime, 's');
  if (Buffer.byteLength(sessions) + longestSessionPart > socketPathBytesMax) {
    throw operatingError('state_unusable', `The folder ${runtime} is too long a path for Unix sockets.`, {
      why: `A socket path may have ${socketPathBytesMax} bytes.`,
      remedy: 'Set GATEHOUSE_HOME (or XDG_RUNTIME_DIR) to a shorter path.',
    });
  }
  return {
    home,
    ...folders,
    controlSocket: join(runtime, 'control.sock'),
    streamSocket: join(runtime, 'stream.sock'),
    auditDatabase: join(state, 'audit.db'),
    stateDatabase: join(state, 'state.db'),
    keystoreFile: join(state, 'keystore.json'),
    lockFile: join(state, 'supervisor.lock'),
    logFile: join(state, 'supervisor.log'),
    homes: join(state, 'homes'),
    sessions,
  };
}

/**
 * Everything that is Gatehouse's own and no session may be given, by the names it goes by and by its real ones: grants and
 * workspaces are real places, and a home is often reached through a link.
 */
export function ownFolders({ home, config, state, runtime, cache, shims }: StatePaths): string[] {
  const named = [config, state, runtime, home, cache, shims];
  return [...new Set([...named, ...named.map(realPlace)])];
}

/** The real path of a place that need not exist yet. */
function realPlace(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(realPlace(parent), basename(path));
  }
}

/**
 * Makes Gatehouse's folders, each 0700 and owned by the caller. Throws `state_unusable` when one is a link, somebody
 * else's, or cannot be made: another user's folder could be read or swapped under us.
 */
export function prepareFolders(paths: StatePaths): void {
  for (const folder of [paths.home, paths.config, paths.state, paths.runtime, paths.homes, paths.sessions]) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const found = lstatSync(folder);
      if (!found.isDirectory()) throw new Error('it is not a folder');
      if (found.uid !== process.getuid?.()) throw new Error(`it belongs to uid ${found.uid}`);
      if ((found.mode & 0o077) !== 0) chmodSync(folder, 0o700);
    } catch (cause) {
      throw operatingError('state_unusable', `Gatehouse cannot use its folder ${folder}.`, {
        why: cause instanceof Error ? `${cause.message}.` : undefined,
        remedy: 'Make it an ordinary folder of your own that you can write, or set GATEHOUSE_HOME to another one.',
        cause,
      });
    }
  }
}

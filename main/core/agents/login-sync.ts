/**
 * Guarantee: a login that an agent wrote in one workspace is what its next session in any workspace has, and the newest one wins. What
 * only one side changed is never lost.
 *
 * Threat: a session that ends with an old token after another one renewed it; a file that was cut off in the middle of a write and
 * replaces a whole one; a login that comes back after somebody took it away.
 *
 * Limits: when both sides changed between two looks, the one that was written later stays. What a session writes into a login
 * reaches the agent's sessions in its other workspaces.
 */

/** One file as it was found: in a private home, or in the agent's store. `unusable`: something is there that is no login. */
export type LoginFile = { readonly sha256: string; readonly changedAtMs: number } | 'absent' | 'unusable';

/** When it is looked at: a session that runs may be in the middle of a write. */
export type LoginPhase = 'start' | 'running' | 'end';

export interface LoginFacts {
  /** Digest that home and store last agreed on; undefined when they never did. */
  readonly base: string | undefined;
  readonly home: LoginFile;
  readonly store: Exclude<LoginFile, 'unusable'>;
  readonly phase: LoginPhase;
}

/** What has to be done so that both agree. */
export type LoginStep = 'nothing' | 'to-store' | 'to-home' | 'remove-from-store' | 'remove-from-home';

/** Decides what becomes of one login file. */
export function decideLogin({ base, home, store, phase }: LoginFacts): LoginStep {
  if (home === 'unusable') return store !== 'absent' && phase === 'start' ? 'to-home' : 'nothing';
  if (home === 'absent' && store === 'absent') return 'nothing';
  if (store === 'absent') {
    // It was taken away elsewhere since; what was written here after that is a new one.
    return home !== 'absent' && home.sha256 === base ? 'remove-from-home' : 'to-store';
  }
  if (home === 'absent') {
    if (base !== store.sha256) return 'to-home';
    // Signed out, or between two steps of a write.
    return phase === 'running' ? 'nothing' : 'remove-from-store';
  }
  if (home.sha256 === store.sha256) return 'nothing';
  if (home.sha256 === base) return 'to-home';
  if (store.sha256 === base) return 'to-store';
  return home.changedAtMs > store.changedAtMs ? 'to-store' : 'to-home';
}

/** Whether bytes are a login that may be kept: one that was cut off must not replace a whole one. */
export function isWholeLogin(path: string, bytes: Uint8Array): boolean {
  if (bytes.length === 0) return false;
  if (!path.endsWith('.json')) return true;
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return true;
  } catch {
    return false;
  }
}

/**
 * The login places of a preset that are shared between its workspaces, relative to the home. Files of variables are not, nor those that
 * its settings name too: an agent takes what it executes from them, so that one workspace could steer another.
 */
export function sharedLogins({
  login,
  config,
}: {
  readonly login: readonly string[];
  readonly config: readonly string[];
}): string[] {
  const shared = login.filter((path) => !path.endsWith('.env') && !config.includes(path));
  return shared.map((path) => path.slice('~/'.length));
}

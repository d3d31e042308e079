/**
 * Guards that a test build can switch off, one at a time, to show that the tests which claim a guard really need it.
 *
 * The choice is a constant of the build (`__GUARD_OFF__`, put in by the bundler). No argument, file or environment variable
 * reaches it, so a release has no way to run with a guard off.
 */
export const guardNames = [
  'seccomp',
  'clear-environment',
  'private-home',
  'capability-drop',
  'pid-namespace',
  'net-namespace',
  'ipc-namespace',
  'read-only-system',
  'proc-sys-read-only',
  'private-tmp',
  'foreign-uid',
  'hidden-binds',
  'die-with-parent',
  'own-terminal',
  'address-guard',
] as const;
export type GuardName = (typeof guardNames)[number];

declare const __GUARD_OFF__: string | undefined;

function parseGuard(name: string | undefined): GuardName | undefined {
  if (name === undefined || name === '') return undefined;
  const guard = guardNames.find((known) => known === name);
  if (guard === undefined) throw new Error(`unknown guard in this build: ${name}`);
  return guard;
}

/** The guard this build leaves out; undefined in every release. */
export const guardOff: GuardName | undefined =
  typeof __GUARD_OFF__ === 'undefined' ? undefined : parseGuard(__GUARD_OFF__);

/** True when a guard stands, which outside a test build is always. */
export function guarded(name: GuardName): boolean {
  return guardOff !== name;
}

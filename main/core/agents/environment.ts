import { posix } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';
import { looksLikeSecret, secretNotice } from '#contract/text/looks-like-secret.ts';
import { insideDelegation } from '../sandbox/plan.ts';
import { plainVariables } from './caller-variables.ts';

/**
 * Guarantee: the agent's environment is built from nothing: what Gatehouse sets, what the caller's terminal needs to
 * look right, where toolchains are, the preset's settings, and what the person let in by name.
 *
 * Threat: credentials and agent sockets that lie about in a developer's environment; variables that load code into, or
 * lead traffic around, the parts that stand between the agent and the machine.
 *
 * Limits: what is let in by name is let in with its value; a secret under a harmless name and shape is not recognised.
 */
export interface EnvironmentQuestion {
  readonly sessionId: string;
  readonly user: string;
  readonly home: string;
  /** A shell that is visible inside, e.g. `/bin/bash`. */
  readonly shell: string;
  /** From `buildInsidePath`. */
  readonly path: string;
  /** What travelled with the caller (`sessionStartSchema.callerEnvironment`). */
  readonly caller: Readonly<Record<string, string>>;
  /** Loopback port inside on which the proxy listens. */
  readonly proxyPort: number;
  /** The `environment` of each found toolchain. */
  readonly toolchains: readonly { readonly environment: Readonly<Record<string, string>> }[];
  readonly preset: Pick<Preset, 'environment'>;
  /** What the person let in with `--env`. */
  readonly passed: Readonly<Record<string, string>>;
}

export interface BuiltEnvironment {
  readonly environment: Readonly<Record<string, string>>;
  /** Warnings for the person, e.g. that a value looks like a secret. Never holds a value. */
  readonly notices: readonly string[];
}

/** Builds the whole environment. Throws `invalid_request` for a variable that may not be let in. */
export function buildEnvironment(question: EnvironmentQuestion): BuiltEnvironment {
  const refusedName = Object.keys(question.passed).find((name) => isReserved(name));
  if (refusedName !== undefined) throw reservedVariable(refusedName);
  const environment = {
    ...callerVariables(question.caller),
    ...fixedVariables(question),
    ...Object.assign({}, ...question.toolchains.map((toolchain) => toolchain.environment)),
    ...activeVirtualEnvironment(question),
    ...question.preset.environment,
    ...question.passed,
  };
  const notices = Object.entries(question.passed)
    .filter(([name, value]) => looksLikeSecret(name, value))
    .map(([name]) => secretNotice(name));
  return { environment, notices };
}

function callerVariables(caller: Readonly<Record<string, string>>): Record<string, string> {
  const isWanted = (name: string) => plainVariables.some((plain) => plain === name) || /^LC_[A-Z]{1,32}$/u.test(name);
  const isPlain = (value: string) => value.length <= 1024 && !/[\0-\x1f\x7f]/u.test(value);
  return Object.fromEntries(Object.entries(caller).filter(([name, value]) => isWanted(name) && isPlain(value)));
}

function fixedVariables(question: EnvironmentQuestion): Record<string, string> {
  const proxy = `http://127.0.0.1:${question.proxyPort}`;
  const direct = 'localhost,127.0.0.1,::1';
  return {
    HOME: question.home,
    USER: question.user,
    LOGNAME: question.user,
    SHELL: question.shell,
    PATH: question.path,
    TMPDIR: '/tmp',
    // Both spellings: curl reads only lower case for HTTP, several agents only upper case.
    HTTP_PROXY: proxy,
    HTTPS_PROXY: proxy,
    ALL_PROXY: proxy,
    NO_PROXY: direct,
    http_proxy: proxy,
    https_proxy: proxy,
    all_proxy: proxy,
    no_proxy: direct,
    NODE_USE_ENV_PROXY: '1',
    // There is nobody to type a password; without this, git waits for one.
    GIT_TERMINAL_PROMPT: '0',
    // With whatever command, npm looks for a newer npm: a question that has nothing to do with the task.
    npm_config_update_notifier: 'false',
    GATEHOUSE: '1',
    GATEHOUSE_SESSION: question.sessionId,
  };
}

/** What a session that can start others has besides: the socket's place, and the program that speaks to it last on its PATH. */
export function delegationEnvironment(
  environment: Readonly<Record<string, string>>,
  canStart: boolean,
): Readonly<Record<string, string>> {
  if (!canStart) return {};
  return {
    GATEHOUSE_DELEGATION: insideDelegation.socket,
    PATH: `${environment['PATH'] ?? ''}:${insideDelegation.folder}/inside`,
  };
}

/** An activated virtual environment stays active when its programs are on the PATH inside. */
function activeVirtualEnvironment({ caller, path }: EnvironmentQuestion): Record<string, string> {
  const folder = caller['VIRTUAL_ENV'];
  return folder !== undefined && path.split(':').includes(posix.join(folder, 'bin')) ? { VIRTUAL_ENV: folder } : {};
}

/** What Gatehouse itself sets, and what would load code into or lead around its own parts inside. */
function isReserved(name: string): boolean {
  return (
    /^(PATH|HOME|USER|LOGNAME|TMPDIR|NODE_USE_ENV_PROXY|LD_PRELOAD|LD_AUDIT|GLIBC_TUNABLES)$/u.test(name) ||
    /^(https?|all|no|ftp)_proxy$/iu.test(name) ||
    /^GATEHOUSE(_|$)/u.test(name) ||
    !/^[A-Za-z_][A-Za-z0-9_]*$/u.test(name)
  );
}

function reservedVariable(name: string): Error {
  return operatingError('invalid_request', `--env ${JSON.stringify(name.slice(0, 100))} is refused.`, {
    why: 'Gatehouse sets that variable itself, or it would change how Gatehouse works inside the walls.',
    remedy: 'Leave it out; to set it for one command only, use: -- env NAME=VALUE COMMAND',
  });
}

/** Says which of the agent's credentials are set in the caller's shell but stay outside. */
export function credentialNotices(
  preset: Pick<Preset, 'credentialVariables'>,
  presentVariables: readonly string[],
  passed: Readonly<Record<string, string>>,
): string[] {
  return preset.credentialVariables
    .filter((name) => presentVariables.includes(name) && passed[name] === undefined)
    .map((name) => `${name} is set in your shell but stays outside; add --env ${name} to let it in.`);
}

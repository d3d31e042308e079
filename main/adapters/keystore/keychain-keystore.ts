/**
 * Guarantee: secrets lie in the person's own keychain (Secret Service), which the system locks with the session.
 *
 * Threat: a copy of the disk; an older copy of the log put back, which the keychain does not follow.
 *
 * Limits: other software of the same user can ask the same keychain. A keychain that is locked may ask the person and
 * not answer for long: the library runs in a process apart, which is ended when an answer takes too long.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { z } from 'zod';
import { operatingError } from '#contract/operating-error.ts';
import type { Keystore } from './keystore.ts';

/** How long the keychain has for one answer. */
export const keychainTimeoutMs = 15_000;
/** After this long without a question its process ends, to give its memory back. */
const idleMs = 30_000;

/** Variables the process needs to find the session bus; nothing else reaches it. */
const passed = [
  'HOME',
  'PATH',
  'USER',
  'LANG',
  'XDG_RUNTIME_DIR',
  'DBUS_SESSION_BUS_ADDRESS',
  'DISPLAY',
  'WAYLAND_DISPLAY',
];

const answerSchema = z.object({ id: z.int(), value: z.string().nullish(), error: z.string().optional() });

/** Why there can be no keychain here, without asking anybody; undefined when it is worth asking. */
export function whyNoKeychain(environment: Readonly<Record<string, string | undefined>>): string | undefined {
  const runtime = environment['XDG_RUNTIME_DIR'];
  const hasBus = environment['DBUS_SESSION_BUS_ADDRESS'] || (runtime && existsSync(`${runtime}/bus`));
  return hasBus ? undefined : 'There is no session bus, and so no keychain.';
}

/** Opens the person's keychain. Rejects with `keystore_unavailable` when it does not answer or cannot be used. */
export async function openKeychainKeystore(options: {
  readonly keychainWorker: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  readonly timeoutMs?: number;
}): Promise<Keystore> {
  const keychain = new Keychain(options);
  const keystore: Keystore = {
    kind: 'keychain',
    find: async (name) => (await keychain.ask({ type: 'find', name })) ?? undefined,
    set: async (name, value) => {
      await keychain.ask({ type: 'set', name, value });
    },
    close: async () => keychain.end(),
  };
  try {
    await keystore.find('checkpoint-key');
  } catch (error) {
    keychain.end();
    throw error;
  }
  return keystore;
}

type Question =
  | { readonly type: 'find'; readonly name: string }
  | { readonly type: 'set'; readonly name: string; readonly value: string };

class Keychain {
  readonly #options: Parameters<typeof openKeychainKeystore>[0];
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #nextId = 1;
  /** One question at a time: the next waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: Parameters<typeof openKeychainKeystore>[0]) {
    this.#options = options;
  }

  ask(question: Question): Promise<string | null | undefined> {
    const answer = this.#last.then(() => this.#askNow(question));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  end(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #askNow(question: Question): Promise<string | null | undefined> {
    clearTimeout(this.#idle);
    const child = this.#child ?? this.#start();
    const id = this.#nextId;
    this.#nextId += 1;
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        child.off('message', hear);
        child.off('exit', gone);
        this.#idle = setTimeout(() => this.end(), idleMs).unref();
        act();
      };
      const hear = (message: unknown): void => {
        const answer = answerSchema.safeParse(message);
        if (!answer.success || answer.data.id !== id) return;
        const { value, error } = answer.data;
        settle(() => (error === undefined ? resolve(value) : reject(unavailable(error))));
      };
      const gone = (): void => {
        if (this.#child === child) this.#child = undefined;
        settle(() => reject(unavailable('The process that talks to it ended.')));
      };
      const timer = setTimeout(() => {
        this.end();
        settle(() => reject(unavailable('It did not answer in time; it may be locked.')));
      }, this.#options.timeoutMs ?? keychainTimeoutMs);
      child.on('message', hear);
      child.once('exit', gone);
      child.send({ id, service: 'gatehouse', ...question, name: `${this.#options.home}#${question.name}` }, (error) => {
        if (error !== null) settle(() => reject(unavailable(error.message)));
      });
    });
  }

  #start(): ChildProcess {
    const environment: Record<string, string> = {};
    for (const name of passed) {
      const value = this.#options.environment[name];
      if (value !== undefined) environment[name] = value;
    }
    const child = fork(this.#options.keychainWorker, [], {
      env: environment,
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.unref();
    child.channel?.unref();
    child.on('error', () => this.end());
    this.#child = child;
    return child;
  }
}

function unavailable(why: string): Error {
  return operatingError('keystore_unavailable', 'The keychain cannot be used.', {
    why,
    remedy: 'Unlock it, or set GATEHOUSE_KEYSTORE=file and GATEHOUSE_PASSPHRASE.',
  });
}

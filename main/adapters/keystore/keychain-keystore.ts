/**
 * Guarantee: secrets lie in the person's own keychain (Secret Service), which the system locks with the session. A
 * keychain that cannot be asked, is locked or does not answer is an error, never an empty keychain.
 *
 * Threat: a copy of the disk; an older copy of the log put back, which the keychain does not follow; a keychain that is
 * locked or gone for a moment and would pass for one without our key.
 *
 * Limits: other software of the same user can ask the same keychain. A keychain that is locked may ask the person and
 * not answer for long: the library runs in a process apart, which is ended when an answer takes too long.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { operatingError } from '#contract/operating-error.ts';
import {
  type KeychainAnswer,
  type KeychainQuestion,
  type KeychainTrouble,
  keychainAnswerSchema,
} from './keychain-messages.ts';
import { assertStorable, type Keystore } from './keystore.ts';

/** How long the keychain has for one answer. */
export const keychainTimeoutMs = 15_000;
/** After this long without a question its process ends, to give its memory back. */
const idleMs = 30_000;

/** Variables the process needs to find the session bus; nothing else reaches it. */
const passed = ['HOME', 'PATH', 'USER', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY', 'WAYLAND_DISPLAY'];

/** Where the keychain is and whose items are meant. */
export interface KeychainPlace {
  /** The program that talks to it. */
  readonly keychainWorker: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Which Gatehouse this is, so that two of one person do not share items. */
  readonly home: string;
  readonly timeoutMs?: number;
}

/** Opens the person's keychain. Rejects with `keystore_unavailable` when it does not answer or cannot be used. */
export async function openKeychainKeystore(place: KeychainPlace): Promise<Keystore> {
  if (!hasBus(place.environment)) throw unavailable('no_bus', 'no DBUS_SESSION_BUS_ADDRESS, no bus in XDG_RUNTIME_DIR');
  const keychain = new Keychain(place);
  const keystore: Keystore = {
    kind: 'keychain',
    find: async (name) => {
      assertStorable(name);
      return (await keychain.ask({ type: 'find', name })).value ?? undefined;
    },
    set: async (name, value) => {
      assertStorable(name, value);
      await keychain.ask({ type: 'set', name, value });
    },
    remove: async (name) => {
      assertStorable(name);
      return (await keychain.ask({ type: 'remove', name })).removed === true;
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
  | { readonly type: 'find' | 'remove'; readonly name: string }
  | { readonly type: 'set'; readonly name: string; readonly value: string };

class Keychain {
  readonly #place: KeychainPlace;
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #nextId = 1;
  /** One question at a time: the next waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(place: KeychainPlace) {
    this.#place = place;
  }

  ask(question: Question): Promise<KeychainAnswer> {
    const answer = this.#last.then(() => this.#askNow(question));
    this.#last = answer.catch(() => undefined);
    return answer;
  }

  end(): void {
    clearTimeout(this.#idle);
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  async #askNow(question: Question): Promise<KeychainAnswer> {
    clearTimeout(this.#idle);
    const id = this.#nextId;
    this.#nextId += 1;
    try {
      const answer = await this.#exchange(this.#child ?? this.#start(), { id, home: this.#place.home, ...question });
      this.#idle = setTimeout(() => this.end(), idleMs).unref();
      return answer;
    } catch (error) {
      // The library remembers a session with a keychain that may be gone: the next question begins anew.
      this.end();
      throw error;
    }
  }

  #exchange(child: ChildProcess, question: KeychainQuestion): Promise<KeychainAnswer> {
    return new Promise((resolve, reject) => {
      const settle = (act: () => void): void => {
        clearTimeout(timer);
        child.off('message', hear);
        child.off('exit', gone);
        act();
      };
      const hear = (message: unknown): void => {
        const answer = keychainAnswerSchema.safeParse(message);
        if (!answer.success || answer.data.id !== question.id) return;
        const { trouble } = answer.data;
        settle(() => (trouble === undefined ? resolve(answer.data) : reject(unavailable(trouble.kind, trouble.text))));
      };
      const gone = (): void => settle(() => reject(unavailable('ended', 'The process that talks to it ended.')));
      const timeoutMs = this.#place.timeoutMs ?? keychainTimeoutMs;
      const timer = setTimeout(() => {
        settle(() => reject(unavailable('timeout', `It did not answer within ${timeoutMs / 1000} seconds.`)));
      }, timeoutMs);
      child.on('message', hear);
      child.once('exit', gone);
      child.send(question, (error) => {
        if (error !== null) settle(() => reject(unavailable('ended', error.message)));
      });
    });
  }

  #start(): ChildProcess {
    const environment: Record<string, string> = {};
    for (const name of passed) {
      const value = this.#place.environment[name];
      if (value !== undefined) environment[name] = value;
    }
    const child = fork(this.#place.keychainWorker, [], {
      env: environment,
      cwd: '/',
      execArgv: ['--disable-sigusr1'],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.unref();
    child.channel?.unref();
    // Its end, or the question that cannot be sent, is what whoever asks hears.
    child.on('error', () => child.kill('SIGKILL'));
    child.once('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    this.#child = child;
    return child;
  }
}

/** Whether it is worth asking: a desktop session names its bus or has it in its usual place. */
function hasBus(environment: KeychainPlace['environment']): boolean {
  const runtime = environment['XDG_RUNTIME_DIR'];
  return Boolean(environment['DBUS_SESSION_BUS_ADDRESS'] || (runtime && existsSync(`${runtime}/bus`)));
}

const otherwise = 'or choose the encrypted file: GATEHOUSE_KEYSTORE=file.';

/** In plain words: what is wrong, and what to do about it. */
const troubles: Readonly<Record<KeychainTrouble, { readonly why: string; readonly remedy: string }>> = {
  no_library: {
    why: 'The library that talks to it cannot be loaded.',
    remedy: `Install libsecret (on Debian and Ubuntu: libsecret-1-0) and Gatehouse’s own packages, ${otherwise}`,
  },
  no_bus: {
    why: 'There is no session bus, and so no keychain.',
    remedy: `Start Gatehouse from a desktop session with a keyring, ${otherwise}`,
  },
  no_keychain: {
    why: 'Nothing on the session bus keeps secrets.',
    remedy: `Start a keyring (GNOME Keyring, KWallet, KeePassXC), ${otherwise}`,
  },
  denied: {
    why: 'The session bus lets Gatehouse not talk to it.',
    remedy: `Let programs of yours reach org.freedesktop.secrets on the session bus, ${otherwise}`,
  },
  locked: {
    why: 'It is locked, or has no default collection yet.',
    remedy: `Unlock it (it opens when you sign in, or in its own program), ${otherwise}`,
  },
  timeout: {
    why: 'It is there but does not answer; it may be waiting for you.',
    remedy: `Look for a window that asks for its password, or restart it, ${otherwise}`,
  },
  ended: { why: 'Asking it failed.', remedy: `Try again, ${otherwise}` },
  failed: { why: 'It refused.', remedy: `See what its own program says, ${otherwise}` },
};

function unavailable(kind: KeychainTrouble, text: string): Error {
  const { why, remedy } = troubles[kind];
  return operatingError('keystore_unavailable', 'The keychain cannot be used.', {
    why: `${why.replace(/\.$/u, '')} (${text.replace(/\.$/u, '')}).`,
    remedy,
  });
}

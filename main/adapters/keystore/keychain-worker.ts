/**
 * The process that talks to the person's keychain: the library links GLib and may wait for a person. An entry of its
 * own, bundled to `keychain.js`. It ends with its parent.
 */
import { createRequire } from 'node:module';
import {
  type KeychainAnswer,
  type KeychainQuestion,
  type KeychainTrouble,
  keychainQuestionSchema,
} from './keychain-messages.ts';
import { findItem, type Keytar, LockedKeychain, removeItem, setItem } from './proven-keychain.ts';

/** Whose items ours are, in the keychain. */
const service = 'gatehouse';
const troubleCharactersMax = 300;

class MissingLibrary extends Error {}

// An ordinary exit would wait for a call of the library that may never return.
process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', (message: unknown) => {
  const question = keychainQuestionSchema.parse(message);
  answer(question).then(tell, (error: unknown) => {
    const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    tell({ id: question.id, trouble: { kind: troubleOf(error, text), text: text.slice(0, troubleCharactersMax) } });
  });
});

async function answer(question: KeychainQuestion): Promise<KeychainAnswer> {
  const { id, home, name } = question;
  const keytar = loadKeytar();
  const place = { service, home, name };
  if (question.type === 'find') return { id, value: await findItem(keytar, place) };
  if (question.type === 'remove') return { id, removed: await removeItem(keytar, place) };
  await setItem(keytar, place, question.value);
  return { id };
}

function tell(answer: KeychainAnswer): void {
  process.send?.(answer);
}

function loadKeytar(): Keytar {
  try {
    const loaded: Keytar = createRequire(import.meta.url)('keytar');
    return loaded;
  } catch (cause) {
    throw new MissingLibrary(cause instanceof Error ? cause.message : String(cause), { cause });
  }
}

/** The library has texts, no codes. GLib's and the bus's are English here, since this process sets no locale; anything else is told as it is. */
const texts: readonly (readonly [RegExp, KeychainTrouble])[] = [
  [/not provided by any|has no owner|without owner|recipient disconnected|ServiceUnknown/iu, 'no_keychain'],
  [/rejected send message|AccessDenied|not authorized/iu, 'denied'],
  [/could not connect|autolaunch|address is empty|connection (is closed|refused|reset)/iu, 'no_bus'],
  [/locked|dismissed|prompt/iu, 'locked'],
];

function troubleOf(error: unknown, text: string): KeychainTrouble {
  if (error instanceof MissingLibrary) return 'no_library';
  if (error instanceof LockedKeychain) return 'locked';
  return texts.find(([pattern]) => pattern.test(text))?.[1] ?? 'failed';
}

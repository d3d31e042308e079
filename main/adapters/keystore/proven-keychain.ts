/**
 * Guarantee: an item is reported absent only when the keychain was open before and after it was looked for; what was set
 * has been read back.
 *
 * Threat: a keychain that is locked. libsecret then answers a search with "nothing found" and a removal with "nothing
 * removed", both without an error, so that a locked keychain looks like an empty one.
 *
 * Limits: proven for the default collection, where we keep things. Items that somebody moved into another collection, and locked that one
 * alone, look absent; the record itself says then that there was a key (see `openCheckpointKeeper`).
 */
import { randomBytes } from 'node:crypto';

/** What we use of the library. */
export interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
  deletePassword(service: string, account: string): Promise<boolean>;
}

/** Where an item is: whose, and under which name. */
export interface ItemPlace {
  readonly service: string;
  /** Which Gatehouse; two of one person have items of their own. */
  readonly home: string;
  readonly name: string;
}

/** The keychain answered, and its answer shows that it keeps or hands out nothing now. */
export class LockedKeychain extends Error {}

/** The value, or `null` when the keychain is open and has none. Rejects with `LockedKeychain` when that cannot be told. */
export async function findItem(keytar: Keytar, place: ItemPlace): Promise<string | null> {
  const found = await keytar.getPassword(place.service, account(place));
  if (found !== null) return found;
  return whileOpen(keytar, place, () => keytar.getPassword(place.service, account(place)));
}

/** Keeps the value and reads it back. */
export async function setItem(keytar: Keytar, place: ItemPlace, value: string): Promise<void> {
  await keytar.setPassword(place.service, account(place), value);
  if ((await keytar.getPassword(place.service, account(place))) !== value) {
    throw new LockedKeychain('What was kept could not be read back.');
  }
}

/** Removes the item, and makes sure that it is gone. Resolves with whether there was one. */
export async function removeItem(keytar: Keytar, place: ItemPlace): Promise<boolean> {
  const removed = await keytar.deletePassword(place.service, account(place));
  if ((await findItem(keytar, place)) !== null) throw new LockedKeychain('What was removed is still there.');
  return removed;
}

/**
 * Does `work` between two readings of a probe item, written for this. An open keychain takes the item and gives it back;
 * one that is locked, or locked meanwhile, does not.
 */
async function whileOpen<T>(keytar: Keytar, { service, home }: ItemPlace, work: () => Promise<T>): Promise<T> {
  const probe = account({ service, home, name: 'probe' });
  const value = randomBytes(16).toString('hex');
  const check = async (): Promise<void> => {
    if ((await keytar.getPassword(service, probe)) !== value) {
      throw new LockedKeychain('A probe item could not be read back.');
    }
  };
  await keytar.setPassword(service, probe, value);
  await check();
  const result = await work();
  await check();
  await keytar.deletePassword(service, probe);
  return result;
}

function account({ home, name }: ItemPlace): string {
  return `${home}#${name}`;
}

/**
 * Guarantee: says which user owns the client's end of a connection over the host's loopback, from the kernel's own table; what the
 * table does not name has no owner.
 *
 * Threat: loopback is open to every user of the machine; a port meant for one person is found by scanning.
 *
 * Limits: other software of the same user passes, a web page in that user's browser too. A client that has closed its socket
 * already belongs to nobody.
 */
import { readFile } from 'node:fs/promises';
import { endianness } from 'node:os';
import ipaddr from 'ipaddr.js';

/** One end of a connection. */
export interface LoopbackEnd {
  readonly address: string;
  readonly port: number;
}

/** The kernel writes its table piece by piece: an entry may be missed when others change beside it. */
const readsMax = 3;

/** Finds owners; lookups that come together share one reading of a table, which takes some two milliseconds. */
export class LoopbackOwners {
  readonly #four = new Table('/proc/self/net/tcp');
  readonly #six = new Table('/proc/self/net/tcp6');

  /** The user whose socket is `client`, connected to `server`; undefined when the kernel names none. */
  async find(client: LoopbackEnd, server: LoopbackEnd): Promise<number | undefined> {
    // A program that speaks IPv6 only in name connects from a mapped address, and stands in the other table.
    const tables = client.address.includes(':') ? [this.#six] : [this.#four, this.#six];
    for (let reads = 0; reads < readsMax; reads += 1) {
      for (const table of tables) {
        const owner = ownerIn(await table.read(), client, server);
        if (owner !== undefined) return owner;
      }
    }
    return undefined;
  }
}

class Table {
  readonly #file: string;
  #current: Promise<string> = Promise.resolve('');
  #next: Promise<string> | undefined;

  constructor(file: string) {
    this.#file = file;
  }

  /** A reading that begins after this call: one that is under way may have passed the connection already. */
  read(): Promise<string> {
    this.#next ??= this.#current.then(() => {
      this.#next = undefined;
      // Without the table nobody is known, and nobody let in.
      this.#current = readFile(this.#file, 'latin1').catch(() => '');
      return this.#current;
    });
    return this.#next;
  }
}

/** Looks a connection up in the text of the kernel's tables (proc_net_tcp(5)). Exported for its test. */
export function ownerIn(text: string, client: LoopbackEnd, server: LoopbackEnd): number | undefined {
  for (const mapped of [false, true]) {
    const ends = [client, server].map((end) => endText(end, mapped));
    const at = text.indexOf(`: ${ends.join(' ')} `);
    if (at < 0) continue;
    const [, , , , , , , uid, , inode] = text.slice(at, text.indexOf('\n', at)).split(/\s+/u);
    // Without an inode the socket was closed by its program, and its user is no longer known.
    if (uid !== undefined && inode !== undefined && inode !== '0') return Number(uid);
  }
  return undefined;
}

/** As the table has it: words of 32 bits in the processor's own order, in hex. */
function endText({ address, port }: LoopbackEnd, mapped: boolean): string {
  const parsed = ipaddr.parse(address);
  const bytes = (mapped && parsed.kind() === 'ipv4' ? ipaddr.parse(`::ffff:${address}`) : parsed).toByteArray();
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4).map((byte) => byte.toString(16).padStart(2, '0'));
    words.push((endianness() === 'LE' ? word.reverse() : word).join(''));
  }
  return `${words.join('')}:${port.toString(16).padStart(4, '0')}`.toUpperCase();
}

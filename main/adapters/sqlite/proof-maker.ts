import { operatingError } from '#contract/operating-error.ts';
import type { StoredCheckpoint } from '../../core/audit/check-log.ts';
import { openNote } from '../../core/audit/checkpoint.ts';
import type { ProofParts } from '../../core/audit/log.ts';
import { consistencyProof, inclusionProof } from '../../core/audit/merkle.ts';
import { holdsProof } from '../../core/audit/proof.ts';
import type { ReadableDatabase } from './database.ts';
import type { StoredEntries } from './stored-entries.ts';
import { StoredTree } from './stored-tree.ts';
import { verifyEd25519 } from './verify-ed25519.ts';

/** Makes proofs from the stored tree. Each is checked before it is given away. */
export class ProofMaker {
  readonly #tree: StoredTree;
  readonly #entries: StoredEntries;

  constructor(database: ReadableDatabase, entries: StoredEntries) {
    this.#tree = new StoredTree(database);
    this.#entries = entries;
  }

  newest(): StoredCheckpoint | undefined {
    return this.#tree.newest();
  }

  proveEntry(seq: number): ProofParts {
    const checkpoint = this.#newestCovering(seq);
    const entry = this.#entries.find(seq);
    if (entry === undefined) throw notThere(`There is no entry ${seq}.`);
    const path = this.#path(() => inclusionProof(this.#tree, seq - 1, checkpoint.size));
    return checked({ checkpoint: checkpoint.note, entry, path });
  }

  proveGrowth(from: number, to: number | undefined): ProofParts {
    const first = this.#covering(from);
    const last = to === undefined ? this.#newestCovering(from) : this.#covering(to);
    const path = this.#path(() => consistencyProof(this.#tree, first.size, last.size));
    return checked({ checkpoint: last.note, from: first.note, path });
  }

  #newestCovering(seq: number): StoredCheckpoint {
    const newest = this.newest();
    if (newest === undefined)
      throw notThere('The log has no checkpoint.', 'Checkpoints are signed once a keystore is there.');
    if (newest.size < seq) {
      throw notThere(`The newest checkpoint covers ${newest.size} entries.`, 'Ask again in a second.');
    }
    return newest;
  }

  #covering(size: number): StoredCheckpoint {
    const [found] = this.#tree.checkpoints(size, size);
    if (found === undefined)
      throw notThere(`No checkpoint covers exactly ${size} entries.`, '`gatehouse log checkpoint --all` lists them.');
    return found;
  }

  #path(make: () => Buffer[]): string[] {
    try {
      return make().map((hash) => hash.toString('hex'));
    } catch (error) {
      throw operatingError('audit_damaged', 'The stored tree is not whole, so nothing can be proven.', {
        remedy: 'Run "gatehouse log verify"; the next start of the supervisor mends a tree that is only missing.',
        cause: error,
      });
    }
  }
}

function checked(parts: ProofParts): ProofParts {
  if (holdsProof(parts, [], verifyEd25519).ok) return parts;
  // Whatever the signature says: the hashes must lead from the entry to the root.
  const opened = openNote(parts.checkpoint, [], verifyEd25519);
  throw operatingError('audit_damaged', 'The log does not fit its own checkpoint, so nothing can be proven.', {
    why: opened === undefined ? 'The checkpoint cannot be read.' : undefined,
    remedy: 'Run "gatehouse log verify": it names the first entry that does not hold.',
  });
}

function notThere(what: string, remedy?: string): Error {
  return operatingError('not_found', what, { remedy });
}

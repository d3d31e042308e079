import type { StoredCheckpoint } from '../../core/audit/check-log.ts';
import { Frontier, frontierOf, goneLeaf, leafHash, type Subtree, type TreeSource } from '../../core/audit/merkle.ts';
import type { ReadableDatabase, WritableDatabase } from './database.ts';

/** Entries read at once while a tree that is behind is filled. */
const fillBatchEntries = 10_000;

const hex64 = /^[0-9a-f]{64}$/u;

/** The Merkle tree as the database holds it: leaves are the entries' hashes, the rest is in the table `tree`. */
export class StoredTree implements TreeSource {
  readonly #leaves;
  readonly #nodes;
  readonly #node;
  readonly #checkpoints;
  readonly #newest;

  constructor(database: ReadableDatabase | WritableDatabase) {
    this.#leaves = database
      .prepare<[number, number], [unknown, unknown]>(
        'SELECT seq, hash FROM entries WHERE seq BETWEEN ? AND ? ORDER BY seq',
      )
      .raw();
    this.#nodes = database
      .prepare<[number, number, number], string>(
        'SELECT hash FROM tree WHERE level = ? AND position BETWEEN ? AND ? ORDER BY position',
      )
      .pluck();
    this.#node = database
      .prepare<[number, number], string>('SELECT hash FROM tree WHERE level = ? AND position = ?')
      .pluck();
    this.#checkpoints = database.prepare<[number, number], { size: number; note: unknown }>(
      'SELECT size, note FROM checkpoints WHERE size BETWEEN ? AND ? ORDER BY size',
    );
    this.#newest = database.prepare<[], StoredCheckpoint>(
      'SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1',
    );
  }

  hashes(level: number, position: number, count: number): Buffer[] {
    if (level === 0) return this.#leavesFrom(position, count);
    const found = this.#nodes.all(level, position, position + count - 1);
    if (found.length !== count) throw new MissingNodes(level, position, count);
    return found.map((hash) => Buffer.from(hash, 'hex'));
  }

  /** One stored node in hex, or undefined. */
  node(level: number, position: number): string | undefined {
    return this.#node.get(level, position);
  }

  /** Checkpoints that cover from `first` to `last` entries, in order. */
  checkpoints(first: number, last: number): StoredCheckpoint[] {
    // One that is no text has not the form of a note either.
    return this.#checkpoints
      .all(first, last)
      .map(({ size, note }) => ({ size, note: typeof note === 'string' ? note : '' }));
  }

  /** The checkpoint that covers most. */
  newest(): StoredCheckpoint | undefined {
    return this.#newest.get();
  }

  /** The frontier over the first `size` numbers; what of the tree is not stored is worked out and given to `store`. */
  frontier(size: number, store: (subtree: Subtree) => void): Frontier {
    try {
      return frontierOf(this, size);
    } catch (error) {
      if (!(error instanceof MissingNodes)) throw error;
    }
    const frontier = new Frontier();
    while (frontier.size < size) {
      for (const leaf of this.#leavesFrom(frontier.size, Math.min(fillBatchEntries, size - frontier.size))) {
        frontier.add(leaf, store);
      }
    }
    return frontier;
  }

  #leavesFrom(position: number, count: number): Buffer[] {
    const leaves = Array.from({ length: count }, () => goneLeaf);
    for (const [seq, hash] of this.#leaves.iterate(position + 1, position + count)) {
      if (typeof seq === 'number' && typeof hash === 'string' && hex64.test(hash)) {
        leaves[seq - 1 - position] = leafHash(hash);
      }
    }
    return leaves;
  }
}

/** The table does not reach as far as it should: a log from before it existed, or one that was damaged. */
class MissingNodes extends Error {
  constructor(level: number, position: number, count: number) {
    super(`The stored tree lacks nodes of level ${level} from ${position} on, ${count} of them.`);
    this.name = 'MissingNodes';
  }
}

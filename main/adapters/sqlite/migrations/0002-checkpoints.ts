import type { Migration } from '../migrate.ts';

/** Nodes of the Merkle tree over the entries, and signed checkpoints of it. Never change this text. */
export const checkpointsMigration: Migration = {
  number: 2,
  name: 'checkpoints',
  sql: `
-- Complete subtrees of 256, 65536, … entries: what proofs over millions of entries need. The writer fills it from the
-- entries when it is behind.
CREATE TABLE tree (
  level INTEGER NOT NULL CHECK (level >= 8 AND level % 8 = 0),
  position INTEGER NOT NULL CHECK (position >= 0),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  PRIMARY KEY (level, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
  size INTEGER PRIMARY KEY CHECK (size >= 1),
  at TEXT NOT NULL,
  note TEXT NOT NULL
) STRICT;

CREATE TRIGGER checkpoints_are_never_changed BEFORE UPDATE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are never changed'); END;

CREATE TRIGGER checkpoints_are_never_removed BEFORE DELETE ON checkpoints
BEGIN SELECT RAISE(ABORT, 'checkpoints are never removed'); END;
`,
};

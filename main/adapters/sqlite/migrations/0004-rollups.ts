import type { Migration } from '../migrate.ts';

/** Counts of what events are about, and how far the search index and these counts have come. Never change this text. */
export const rollupsMigration: Migration = {
  number: 4,
  name: 'rollups',
  sql: `
-- How many entries have this value in this field; last_seq only serves to list the newest.
CREATE TABLE rollups (
  field TEXT NOT NULL,
  value TEXT NOT NULL,
  entries INTEGER NOT NULL CHECK (entries >= 1),
  last_seq INTEGER NOT NULL,
  PRIMARY KEY (field, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX rollups_newest_sessions ON rollups (last_seq) WHERE field = 'session';

-- Both follow the entries in transactions of their own; what lies after these numbers is read from the entries.
CREATE TABLE followers (
  name TEXT PRIMARY KEY CHECK (name IN ('search', 'rollups')),
  through INTEGER NOT NULL CHECK (through >= 0)
) STRICT, WITHOUT ROWID;

-- Until now every entry was indexed in its own transaction, and nothing was counted.
INSERT INTO followers SELECT 'search', coalesce(max(seq), 0) FROM entries;
INSERT INTO followers VALUES ('rollups', 0);

-- Thousands of entries are indexed at once: fewer, larger segments.
INSERT INTO search (search, rank) VALUES ('hashsize', 8388608);
`,
};

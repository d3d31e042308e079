import type { Migration } from '../migrate.ts';

/** Entries that can only be added, their search index, and the activity by hour. Never change this text. */
export const entriesMigration: Migration = {
  number: 1,
  name: 'entries',
  sql: `
CREATE TABLE entries (
  seq INTEGER PRIMARY KEY CHECK (seq >= 1),
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  prev TEXT NOT NULL CHECK (length(prev) = 64),
  salt TEXT NOT NULL CHECK (length(salt) = 32),
  payload_hash TEXT NOT NULL CHECK (length(payload_hash) = 64),
  hash TEXT NOT NULL CHECK (length(hash) = 64),
  payload TEXT NOT NULL
) STRICT;

CREATE TRIGGER entries_are_never_changed BEFORE UPDATE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;

CREATE TRIGGER entries_are_never_removed BEFORE DELETE ON entries
BEGIN SELECT RAISE(ABORT, 'entries are never removed'); END;

-- Also against INSERT OR REPLACE, which removes without the trigger above.
CREATE TRIGGER entries_are_only_added BEFORE INSERT ON entries
WHEN NEW.seq <= (SELECT max(seq) FROM entries)
BEGIN SELECT RAISE(ABORT, 'entries are only added at the end'); END;

-- Tokens come ready-made (core/audit/search-text.ts); the ascii tokenizer splits at nothing else.
CREATE VIRTUAL TABLE search USING fts5 (
  facets, words, content = '', columnsize = 0, tokenize = 'ascii'
);

-- Merges less often than by default: a fifth more events a second, for a few more seeks a search.
INSERT INTO search (search, rank) VALUES ('automerge', 8);

-- By UTC hour, '2026-01-31T12': bounds for time queries that hold even when the clock was set back, and the chart.
CREATE TABLE activity (
  hour TEXT PRIMARY KEY,
  entries INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
};

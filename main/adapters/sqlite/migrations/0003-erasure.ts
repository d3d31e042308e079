import type { Migration } from '../migrate.ts';

/** The content of an entry may be erased, and nothing else of it changed. Never change this text. */
export const erasureMigration: Migration = {
  number: 3,
  name: 'erasure',
  sql: `
DROP TRIGGER entries_are_never_changed;

-- An erased entry has no payload and a salt of zeros; without the salt a short payload cannot be guessed from its hash.
CREATE TRIGGER entries_are_never_changed BEFORE UPDATE ON entries
WHEN NOT (
  NEW.payload = '' AND NEW.salt = '00000000000000000000000000000000' AND OLD.kind <> 'log.compacted'
  AND NEW.seq = OLD.seq AND NEW.at = OLD.at AND NEW.kind = OLD.kind AND NEW.prev = OLD.prev
  AND NEW.payload_hash = OLD.payload_hash AND NEW.hash = OLD.hash
)
BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END;
`,
};

import { generateKeyPairSync, sign } from 'node:crypto';
import type Database from 'better-sqlite3';
import type { CheckpointKey } from '../../../main/core/audit/checkpoint.ts';
import { type Entry, headerHashOf, payloadHashOf } from '../../../main/core/audit/entry.ts';

/** A new key under a name that somebody else has. */
export function keyOfNobody(name: string): CheckpointKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    name,
    publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32),
    sign: (bytes) => sign(null, bytes, privateKey),
  };
}

/** Chains the entries anew from `seq` on, every hash right: what an attacker without the key can do. With `edits` the first says something else. */
export function rewriteFrom(database: Database.Database, seq: number, edits = true): void {
  const rows = database
    .prepare<[number], Entry>(
      'SELECT seq, at, kind, prev, salt, payload_hash AS payloadHash, hash, payload FROM entries WHERE seq >= ? ORDER BY seq',
    )
    .all(seq);
  const before = database
    .prepare<[number], string>('SELECT hash FROM entries WHERE seq = ?')
    .pluck()
    .get(seq - 1);
  const update = database.prepare(
    'UPDATE entries SET prev = ?, kind = ?, salt = ?, payload = ?, payload_hash = ?, hash = ? WHERE seq = ?',
  );
  let prev = before ?? '0'.repeat(64);
  database.transaction(() => {
    for (const row of rows) {
      const isEdited = edits && row.seq === seq;
      const payload = isEdited ? '{"detail":{},"summary":"nothing to see"}' : row.payload;
      const kind = isEdited ? 'decision' : row.kind;
      const salt = isEdited ? 'cd'.repeat(16) : row.salt;
      const payloadHash = payload === '' ? row.payloadHash : payloadHashOf(salt, payload);
      const hash = headerHashOf({ ...row, kind, prev, payloadHash });
      update.run(prev, kind, salt, payload, payloadHash, hash, row.seq);
      prev = hash;
    }
  })();
}

// Makes a long log, or makes one longer, through the real writer: `make-log.ts DATABASE ENTRIES`. Chain, tree, checkpoints, index and
// counts are what the supervisor would have written; only the threads and the waiting in between are left out. Prints the seconds it took.
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { EntryWriter } from '../../../main/adapters/sqlite/entry-writer.ts';
import { pooledRandom } from '../../../main/adapters/sqlite/pooled-random.ts';
import { type CheckpointKey, signCheckpoint, verifierKey } from '../../../main/core/audit/checkpoint.ts';
import { Redactor } from '../../../main/core/audit/redact.ts';
import { generateEvent } from '../generate-events.ts';

const [, , database = '', wanted = '0'] = process.argv;
const batchEntries = 1000;
const indexEntries = 2048;
/** Ten events a second, so that ten million are eleven days. */
const startMs = Date.parse('2026-01-01T00:00:00Z');
const spacingMs = 100;

const key = keyOf(`${database}.key`);
writeFileSync(`${database}.verifier`, `${verifierKey(key)}\n`);
const random = pooledRandom();
const writer = new EntryWriter(database, undefined, new Redactor());
const began = performance.now();
for (let seq = writer.entriesAtStart; seq < Number(wanted); seq += batchEntries) {
  const batch = Array.from({ length: batchEntries }, (_, place) => ({
    event: generateEvent(seq + place),
    at: new Date(startMs + (seq + place) * spacingMs).toISOString(),
    salt: Buffer.from(random(16)).toString('hex'),
  }));
  const last = writer.write(batch).at(-1);
  const { size, root } = writer.head();
  writer.keepCheckpoint(size, last?.at ?? '', signCheckpoint(key, size, Buffer.from(root, 'hex')));
  if (writer.indexLag >= indexEntries) writer.index(indexEntries);
  if ((seq + batchEntries) % 100_000 === 0) {
    console.error(`make-log: ${seq + batchEntries} after ${Math.round((performance.now() - began) / 1000)} s`);
  }
}
while (writer.indexLag > 0) writer.index(indexEntries);
writer.close();
console.log(Math.round((performance.now() - began) / 1000));

/** The key of the log's checkpoints, kept beside it so that the log can be made longer. It signs nothing else. */
function keyOf(file: string): CheckpointKey {
  if (!existsSync(file)) {
    const { privateKey } = generateKeyPairSync('ed25519');
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
  }
  const privateKey = createPrivateKey(readFileSync(file));
  const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { name: 'gatehouse/bench', publicKey, sign: (bytes) => sign(null, bytes, privateKey) };
}

import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { proofSchema } from '#contract/audit.ts';
import { verifyEd25519 } from '../../../main/adapters/sqlite/verify-ed25519.ts';
import {
  type CheckpointKey,
  openNote,
  parseVerifierKey,
  signCheckpoint,
  verifierKey,
} from '../../../main/core/audit/checkpoint.ts';
import { type Entry, genesisHash, sealEntry } from '../../../main/core/audit/entry.ts';
import { leafHash } from '../../../main/core/audit/merkle.ts';
import { holdsProof } from '../../../main/core/audit/proof.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';
import { plainConsistency, plainInclusion, plainRoot } from '../reference-merkle.ts';

/** A key from fixed bytes, so that every run has the same (RFC 8410 §7). */
const privateKey = createPrivateKey({
  key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, 7)]),
  format: 'der',
  type: 'pkcs8',
});
const publicKey = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
const key: CheckpointKey = { name: 'log.example', publicKey, sign: (bytes) => sign(null, bytes, privateKey) };

/** A log of twelve entries, and signed notes over its first 5, 8 and 12. */
const entries: readonly Entry[] = buildEntries(12);
const leaves = entries.map(({ hash }) => leafHash(hash));
const notes = [5, 8, 12].map((size) => signCheckpoint(key, size, plainRoot(leaves.slice(0, size))));
const [note5 = '', note8 = '', note12 = ''] = notes;

function buildEntries(count: number): Entry[] {
  const made: Entry[] = [];
  for (let seq = 1; seq <= count; seq += 1) {
    const prev = made.at(-1)?.hash ?? genesisHash;
    const event = { kind: 'decision' as const, summary: `Event ${seq}.`, detail: { seq } };
    made.push(
      sealEntry(event, {
        seq,
        at: `2026-01-31T12:00:${String(seq).padStart(2, '0')}.000Z`,
        prev,
        salt: '5'.repeat(32),
      }),
    );
  }
  return made;
}

function proofText(of: Omit<ReturnType<typeof proofSchema.parse>, 'v'>): string {
  return JSON.stringify({ v: 1, ...of });
}

const hex = (path: readonly Buffer[]): string[] => path.map((hash) => hash.toString('hex'));
const proofs = [
  ...entries.map((entry, index) => proofText({ checkpoint: note12, entry, path: hex(plainInclusion(leaves, index)) })),
  proofText({ checkpoint: note12, from: note5, path: hex(plainConsistency(leaves, 5)) }),
  proofText({ checkpoint: note12, from: note8, path: hex(plainConsistency(leaves, 8)) }),
  proofText({ checkpoint: note12, from: note12, path: [] }),
];

function checkNote(text: string): string {
  const opened = openNote(text, [key], verifyEd25519);
  if (opened === undefined) return 'no note';
  if (!opened.signed) return 'unsigned';
  const { origin, size, root } = opened.checkpoint;
  must(origin === key.name, 'a signature for another log', text);
  const place = [5, 8, 12].indexOf(size);
  must(
    place >= 0 && notes[place]?.startsWith(`${origin}\n${size}\n${root.toString('base64')}\n`) === true,
    'a forged checkpoint',
    text,
  );
  return `signed ${size}`;
}

function checkKey(text: string): string {
  const parsed = parseVerifierKey(text);
  if (parsed === undefined) return 'no key';
  must(verifierKey(parsed) === text.trim(), 'a key reads otherwise than it is written', text);
  return 'key';
}

function checkProof(text: string): string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // Most mutations are no JSON; the command refuses them before anything is checked.
    return 'no JSON';
  }
  const parsed = proofSchema.safeParse(json);
  if (!parsed.success) return 'no proof';
  const verdict = holdsProof(parsed.data, [key], verifyEd25519);
  holdsProof(parsed.data, [], verifyEd25519);
  if (!verdict.ok) return verdict.why ?? 'no reason';
  const { entry } = parsed.data;
  if (entry === undefined) return 'consistent';
  must(
    entries.some((each) => isDeepStrictEqual(each, { ...each, ...entry }) && each.seq === entry.seq),
    'an entry that the log never held',
    text,
  );
  return 'included';
}

function check(text: string): string {
  if (text.startsWith('{')) return `proof: ${checkProof(text)}`;
  return text.includes('\n') ? `note: ${checkNote(text)}` : `key: ${checkKey(text)}`;
}

/** Signed notes, keys and proofs from a file. */
export const notesAndProofs: FuzzTarget = {
  name: 'notes',
  property:
    'A note counts as signed only for a checkpoint that the key signed; a key is written as it reads; a proof holds only for an entry that the log held, or a growth that it had.',
  generate: (random: Random) => {
    if (random.oneIn(8)) return `${verifierKey(key)}${random.pick(['', ' ', '+', '='])}`;
    if (random.oneIn(3)) {
      const lines = [...random.pick(notes).split('\n')];
      const other = random.pick(notes).split('\n');
      lines[random.below(lines.length)] = random.pick(other);
      return lines.join('\n');
    }
    return random
      .pick(proofs)
      .replace(random.pick(entries).hash, random.pick(entries).hash)
      .replace(random.pick(notes).slice(0, 40), random.pick(notes).slice(0, 40));
  },
  words: [
    note5,
    note8,
    '\n\n',
    '— log.example ',
    ...entries.slice(0, 4).map(({ hash }) => hash),
    '"path":[]',
    '"from":""',
    '"seq":1',
    '0'.repeat(32),
    '"payload":""',
  ],
  seeds: [...notes, ...proofs, verifierKey(key)],
  check,
};

import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { verifyEd25519 } from '../../../main/adapters/sqlite/verify-ed25519.ts';
import {
  type CheckpointKey,
  keyId,
  openNote,
  parseVerifierKey,
  signCheckpoint,
  verifierKey,
} from '../../../main/core/audit/checkpoint.ts';

function makeKey(name: string): CheckpointKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const bytes = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  return { name, publicKey: bytes, sign: (text) => sign(null, text, privateKey) };
}

const key = makeKey('gatehouse/0123456789abcdef');
const root = createHash('sha256').update('root').digest();
const note = signCheckpoint(key, 42, root);
const open = (text: string, keys = [key]) => openNote(text, keys, verifyEd25519);

describe('[AUD-2] checkpoints as signed notes', () => {
  test('have the form of the specification', () => {
    const [origin, size, encoded, empty, line, rest] = note.split('\n');
    expect([origin, size, encoded, empty, rest]).toEqual([key.name, '42', root.toString('base64'), '', '']);
    const [dash, name, signature = ''] = (line ?? '').split(' ');
    expect([dash, name]).toEqual(['—', key.name]);
    const id = createHash('sha256').update(`${key.name}\n`).update(Buffer.of(1)).update(key.publicKey).digest();
    expect(Buffer.from(signature, 'base64').subarray(0, 4)).toEqual(id.subarray(0, 4));
    expect(keyId(key)).toEqual(id.subarray(0, 4));
  });

  test('the example key of the specification of signed notes is read', () => {
    const text = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
    const peter = parseVerifierKey(text);
    expect(peter === undefined ? undefined : verifierKey(peter)).toBe(text);
  });

  test('hold under their own key only', () => {
    expect(open(note)).toEqual({ checkpoint: { origin: key.name, size: 42, root }, signed: true });
    expect(open(note, [makeKey(key.name)])?.signed).toBe(false);
    expect(open(note, [])?.signed).toBe(false);
    const both = `${note}— somebody/else ${Buffer.alloc(68).toString('base64')}\n`;
    expect(open(both)?.signed).toBe(true);
  });

  test('a change of any character shows', () => {
    fc.assert(
      fc.property(fc.nat(note.length - 1), fc.constantFrom('0', '1', 'A', 'b', '\n', ' ', '+'), (at, letter) => {
        fc.pre(note[at] !== letter);
        const changed = note.slice(0, at) + letter + note.slice(at + 1);
        expect(open(changed)?.signed ?? false).toBe(false);
      }),
    );
  });

  test.each([
    ['nothing', ''],
    ['no signature', note.slice(0, note.indexOf('—'))],
    ['a size with a leading zero', note.replace('\n42\n', '\n042\n')],
    ['a negative size', note.replace('\n42\n', '\n-2\n')],
    ['a root that is too short', note.replace(root.toString('base64'), 'AAAA')],
    ['base64 with something in it', note.replace(root.toString('base64'), `!${root.toString('base64').slice(1)}`)],
    ['no newline at its end', note.slice(0, -1)],
    ['much too long', note + '— a/b AAAA\n'.repeat(1000)],
  ])('refused: %s', (_what, text) => {
    expect(open(text)).toBeUndefined();
  });

  test('a verifier key reads back, and not when its parts do not fit', () => {
    const text = verifierKey(key);
    expect(parseVerifierKey(text)).toEqual({ name: key.name, publicKey: key.publicKey });
    expect(parseVerifierKey(text.replace('gatehouse/', 'gatehouse-'))).toBeUndefined();
    expect(parseVerifierKey('gatehouse')).toBeUndefined();
  });
});

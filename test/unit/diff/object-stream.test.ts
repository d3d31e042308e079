import { describe, expect, test } from 'vitest';
import { ObjectStream } from '../../../main/adapters/diff/object-stream.ts';

const id = 'a'.repeat(40);

/** Hands a text on in pieces of a size, one after the other, as a pipe does. */
async function feed(stream: ObjectStream, text: string, piece: number): Promise<void> {
  for (let at = 0; at < text.length; at += piece) await stream.push(Buffer.from(text.slice(at, at + piece), 'latin1'));
}

describe('objects of `git cat-file --batch`', () => {
  test.each([1, 3, 7, 1000])('are taken however they come, in pieces of %i', async (piece) => {
    const stream = new ObjectStream();
    const text = `${id} blob 6\nhello\n\n${id} missing\n${id} tree 0\n\n${id} blob 9\nmuch more\n`;
    const fed = feed(stream, text, piece);
    expect(await stream.next(8, 100)).toEqual({
      found: 'object',
      object: { kind: 'blob', content: Buffer.from('hello\n') },
    });
    expect(await stream.next(8, 100)).toEqual({ found: 'nothing' });
    expect(await stream.next(8, 100)).toMatchObject({ found: 'object', object: { kind: 'tree' } });
    expect(await stream.next(8, 100)).toEqual({ found: 'large', sizeBytes: 9 });
    await fed;
  });

  test.each([
    ['what is no answer', 'fatal: not a git repository\n'],
    ['a line without an end', 'a'.repeat(2000)],
    ['an object that is too large to be passed over', `${id} blob 101\n`],
    ['a size that is none', `${id} blob 1e3\n`],
  ])('do not come out of %s', async (_, text) => {
    const stream = new ObjectStream();
    const fed = feed(stream, text, 100);
    await expect(stream.next(8, 100)).rejects.toThrow();
    stream.end(new Error('over'));
    await fed;
  });

  test('are waited for until it ends, and nobody who hands on waits after that', async () => {
    const stream = new ObjectStream();
    const asked = stream.next(8, 100);
    const fed = stream.push(Buffer.from(`${id} blob 6\nhel`));
    await fed;
    stream.end(new Error('over'));
    await expect(asked).rejects.toThrow('over');
    await stream.push(Buffer.from('lo\n'));
  });
});

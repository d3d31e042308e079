import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addBlock, hasBlock, pathLine, removeBlock } from '../../../main/core/shims/start-up-block.ts';

const line = 'PATH=/shims:$PATH';
const text = (changed: ReturnType<typeof removeBlock>): string | undefined => {
  if (typeof changed === 'object') throw new Error(changed.why);
  return changed;
};

describe('[RUN-7] lines of setup in a start-up file', () => {
  it('come and go without a trace, whatever the file holds and however often', () => {
    const files = fc.array(fc.oneof(fc.string(), fc.constantFrom('\n', '\r\n', ' ', '# >>> other >>>', '\0', '\xff')));
    fc.assert(
      fc.property(
        files.map((parts) => parts.join('')),
        fc.integer({ min: 1, max: 3 }),
        (before, times) => {
          let file = before;
          for (let index = 0; index < times; index += 1) file = text(addBlock(file, line)) ?? '';
          expect(file).toBe(text(addBlock(before, line)));
          expect(text(removeBlock(file))).toBe(before);
        },
      ),
    );
  });

  it('leave what was written after them on lines of its own', () => {
    fc.assert(
      fc.property(fc.string(), fc.stringMatching(/^[a-z][a-z ]*\n$/u), (before, after) => {
        const left = text(removeBlock(`${text(addBlock(before, line))}${after}`)) ?? '';
        expect(left.endsWith(after)).toBe(true);
        const kept = left.slice(0, -after.length);
        expect([before, `${before}\n`]).toContain(kept);
        expect(kept === '' || kept.endsWith('\n')).toBe(true);
      }),
    );
  });

  it.each([
    [undefined, undefined],
    ['', ''],
    ['alias x=y', 'alias x=y'],
  ])('of a file %j that leaves %j', (before, after) => {
    expect(text(removeBlock(text(addBlock(before, line)) ?? ''))).toBe(after);
  });

  it('of a file that setup made stays when somebody wrote more into it', () => {
    const made = text(addBlock(undefined, line));
    expect(text(removeBlock(`${made}alias x=y\n`))).toBe('alias x=y\n');
  });

  it('of another folder are replaced in their place', () => {
    const old = `${text(addBlock('first\n', 'PATH=/old:$PATH'))}last\n`;
    const fresh = text(addBlock(old, line)) ?? '';
    expect(fresh).toContain(line);
    expect(fresh).not.toContain('/old');
    expect(text(removeBlock(fresh))).toBe('first\nlast\n');
  });

  it('without their end are not touched', () => {
    const broken = `${text(addBlock('first\n', line))}`.replace(/# <<<.*\n/u, '');
    expect(hasBlock(broken)).toBe(true);
    expect(addBlock(broken, line)).toHaveProperty('why');
    expect(removeBlock(broken)).toHaveProperty('why');
  });

  it.each([
    ['posix', "/it's", String.raw`case ":$PATH:" in :'/it'\''s':*) ;; *) PATH='/it'\''s':"$PATH"; export PATH ;; esac`],
    ['fish', '/a b', `test "$PATH[1]" = '/a b'; or set -gx PATH '/a b' $PATH`],
    ['environment', '/a/b', 'PATH=/a/b:$PATH'],
  ] as const)('in %s', (syntax, folder, expected) => expect(pathLine(folder, syntax)).toBe(expected));

  it.each([
    ['posix', '/a:b'],
    ['posix', '/a\nb'],
    ['fish', '/a\\'],
    ['environment', '/a b'],
  ] as const)('are not written where %s cannot say %j', (syntax, folder) =>
    expect(pathLine(folder, syntax)).toHaveProperty('why'),
  );
});

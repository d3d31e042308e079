import { describe, expect, test } from 'vitest';
import { covering, narrowBinds } from '../../../main/core/sandbox/narrow-binds.ts';
import type { SandboxBind } from '../../../main/core/sandbox/sandbox.ts';
import { Random } from '../../fuzz/random.ts';

const modes = { w: 'read-write', r: 'read-only', h: 'hidden' } as const;
type Letter = keyof typeof modes;

/** `/a:w` is a writable bind at /a. */
function binds(text: string): SandboxBind[] {
  return text === ''
    ? []
    : text.split(' ').map((each) => {
        const [path = '', letter = 'h'] = each.split(':');
        return { path, mode: modes[letter as Letter], reason: 'test' };
      });
}
const shown = (list: readonly SandboxBind[]) =>
  list.map(({ path, mode }) => `${path}:${Object.entries(modes).find(([, each]) => each === mode)?.[0]}`).join(' ');

describe('[IDN-9] [GRT-1] what a nested session sees of the host', () => {
  test.each([
    // What both see, as the narrower one does.
    ['/w:w', '/w:w', '/w:w'],
    ['/w:w', '/w:r', '/w:r'],
    ['/w:r', '/w:w', '/w:r'],
    // What only one sees is not seen.
    ['/w:w /x:r', '/w:w', '/w:w'],
    ['/w:w', '/w:w /x:r', '/w:w'],
    ['/wx:w', '/w:w', ''],
    // A wider wish is cut down to what the parent has: around it nothing is shown.
    ['/a:w', '/a/b:w', '/a/b:w'],
    ['/a:w', '/a/b:r /a/c:w', '/a/b:r /a/c:w'],
    // A workspace inside: what is held around it stays held.
    ['/w/.git:w', '/w:w /w/.git:w /w/.git/hooks:r', '/w/.git:w /w/.git/hooks:r'],
    ['/w/.git/hooks:w', '/w:w /w/.git/hooks:r', '/w/.git/hooks:r'],
    ['/w:w', '/w:w /w/secret:h', '/w:w /w/secret:h'],
    ['/w/secret:w', '/w:w /w/secret:h', ''],
    // Its own narrower rules stay, and what stays in place for them.
    ['/w:w /w/p:w /w/p/q:r', '/w:w', '/w:w /w/p:w /w/p/q:r'],
    ['/w:w /w/s:h', '/w:w /w/s:r', '/w:w /w/s:h'],
    ['/w:w /w/s:h /w/s/t:r', '/w:w', '/w:w /w/s:h /w/s/t:r'],
    // Shown by one inside what is hidden by the other.
    ['/w:w', '/w:w /w/s:h /w/s/t:r', '/w:w /w/s:h /w/s/t:r'],
    ['/w:w', '', ''],
    ['', '/w:w', ''],
  ])('%s in %s is %s', (own, outer, both) => {
    const narrowed = narrowBinds(binds(own), binds(outer));
    // Where a parent shows nothing around a place, a hidden root is nothing at all.
    expect(shown(narrowed)).toBe(both);
  });

  test('of any two views each path is seen as the narrower one shows it, and what one lacks is not seen', () => {
    const random = new Random(20261128);
    const names = ['a', 'b', 'ab'];
    const depth = () => 1 + random.below(3);
    const path = () => `/${random.times(depth(), () => random.pick(names), '/')}`;
    const view = () => {
      const some = Array.from({ length: random.below(6) }, (): SandboxBind => {
        const letter = random.pick<Letter>(['w', 'r', 'h']);
        return { path: path(), mode: modes[letter], reason: 'test' };
      });
      return [...new Map(some.map((bind) => [bind.path, bind])).values()].sort((one, two) =>
        one.path < two.path ? -1 : 1,
      );
    };
    const order = ['read-write', 'read-only', 'hidden'];
    const seenAs = (list: readonly SandboxBind[], at: string) => covering(list, at)?.mode ?? 'hidden';
    for (let round = 0; round < 3000; round += 1) {
      const [own, outer] = [view(), view()];
      const narrowed = narrowBinds(own, outer);
      for (let look = 0; look < 12; look += 1) {
        const at = path();
        const narrower = Math.max(order.indexOf(seenAs(own, at)), order.indexOf(seenAs(outer, at)));
        expect(seenAs(narrowed, at), `${at} of ${shown(own)} in ${shown(outer)}`).toBe(order[narrower]);
      }
      // In mounting order, each place once.
      const places = narrowed.map((bind) => bind.path);
      expect(places).toEqual([...new Set(places)].sort());
    }
  });
});

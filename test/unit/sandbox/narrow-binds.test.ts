import { describe, expect, test } from 'vitest';
import { narrowBinds } from '../../../main/core/sandbox/narrow-binds.ts';
import type { SandboxBind } from '../../../main/core/sandbox/sandbox.ts';

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
});

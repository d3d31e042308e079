import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  decideLogin,
  isWholeLogin,
  type LoginFacts,
  type LoginFile,
  type LoginPhase,
  sharedLogins,
} from '../../../main/core/agents/login-sync.ts';

const file = (sha256: string, changedAtMs = 0) => ({ sha256, changedAtMs });
const phases: readonly LoginPhase[] = ['start', 'running', 'end'];

describe('[RUN-7] the login of an agent, in a home and in its store', () => {
  it.each<[string, Omit<LoginFacts, 'phase'>, string, readonly LoginPhase[]]>([
    ['neither has one', { base: undefined, home: 'absent', store: 'absent' }, 'nothing', phases],
    ['a new workspace', { base: undefined, home: 'absent', store: file('a') }, 'to-home', phases],
    ['first signed in', { base: undefined, home: file('a'), store: 'absent' }, 'to-store', phases],
    ['both agree', { base: 'a', home: file('a'), store: file('a') }, 'nothing', phases],
    ['renewed here', { base: 'a', home: file('b'), store: file('a') }, 'to-store', phases],
    ['renewed elsewhere', { base: 'a', home: file('a'), store: file('b') }, 'to-home', phases],
    ['both renewed, here later', { base: 'a', home: file('b', 2), store: file('c', 1) }, 'to-store', phases],
    ['both renewed, elsewhere later', { base: 'a', home: file('b', 1), store: file('c', 2) }, 'to-home', phases],
    ['never agreed, here later', { base: undefined, home: file('b', 2), store: file('c', 1) }, 'to-store', phases],
    ['signed out here', { base: 'a', home: 'absent', store: file('a') }, 'remove-from-store', ['start', 'end']],
    ['between two steps of a write', { base: 'a', home: 'absent', store: file('a') }, 'nothing', ['running']],
    ['signed out here, renewed elsewhere', { base: 'a', home: 'absent', store: file('b') }, 'to-home', phases],
    ['signed out elsewhere', { base: 'a', home: file('a'), store: 'absent' }, 'remove-from-home', phases],
    ['signed out elsewhere, signed in here', { base: 'a', home: file('b'), store: 'absent' }, 'to-store', phases],
    ['something else is in its place', { base: 'a', home: 'unusable', store: file('a') }, 'to-home', ['start']],
    ['something else came', { base: 'a', home: 'unusable', store: file('a') }, 'nothing', ['running', 'end']],
    ['something else, and none', { base: undefined, home: 'unusable', store: 'absent' }, 'nothing', phases],
  ])('%s', (_, facts, expected, when) => {
    for (const phase of when) expect([phase, decideLogin({ ...facts, phase })]).toEqual([phase, expected]);
  });

  it('is in the end, everywhere, what was written or removed last', () => {
    const work = fc.record({ home: fc.constantFrom(0, 1), does: fc.constantFrom('writes', 'signs out', 'nothing') });
    fc.assert(
      fc.property(fc.array(work, { maxLength: 20 }), (steps) => {
        const model = new Model();
        let last = 'absent';
        // One session after the other: what only one side changed is never lost.
        for (const { home, does } of steps) {
          model.sync(home, 'start');
          if (does === 'writes') last = model.write(home);
          if (does === 'signs out') {
            model.homes[home] = 'absent';
            last = 'absent';
          }
          model.sync(home, 'running');
          model.sync(home, 'end');
        }
        for (const home of [0, 1, 0]) {
          model.sync(home, 'start');
          expect(model.read(home)).toBe(last);
        }
      }),
    );
  });

  it('of two sessions at once is the one that was written last', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.constantFrom(0, 1), fc.boolean()), { minLength: 1, maxLength: 20 }), (steps) => {
        const model = new Model();
        let last = 'absent';
        for (const [home, synced] of steps) {
          last = model.write(home);
          if (synced) model.sync(home, 'running');
        }
        for (const home of [0, 1, 0]) model.sync(home, 'end');
        expect([model.read(0), model.read(1)]).toEqual([last, last]);
      }),
    );
  });

  it.each([
    ['a.json', '{"token":1}', true],
    ['a.json', '{"token":', false],
    ['a.json', '', false],
    ['a.yaml', 'token: 1', true],
    ['a.yaml', '', false],
  ])('%s with %j is whole: %s', (path, text, whole) => {
    expect(isWholeLogin(path, new TextEncoder().encode(text))).toBe(whole);
  });

  it('never brings variables or settings from one workspace into another', () => {
    const login = ['~/.codex/auth.json', '~/.codex/.env', '~/.aider/oauth-keys.env', '~/.env', '~/.crush/crush.json'];
    expect(sharedLogins({ login, config: ['~/.codex/config.toml', '~/.crush/crush.json'] })).toEqual([
      '.codex/auth.json',
    ]);
  });
});

/** Two homes and a store. */
class Model {
  readonly homes: LoginFile[] = ['absent', 'absent'];
  #store: Exclude<LoginFile, 'unusable'> = 'absent';
  readonly #bases: (string | undefined)[] = [undefined, undefined];
  #time = 0;

  write(home: number): string {
    this.#time += 1;
    this.homes[home] = file(`content ${this.#time}`, this.#time);
    return this.read(home);
  }

  read(home: number): string {
    const found = this.homes[home] ?? 'absent';
    return typeof found === 'string' ? found : found.sha256;
  }

  sync(index: number, phase: LoginPhase): void {
    const home = this.homes[index] ?? 'absent';
    const step = decideLogin({ base: this.#bases[index], home, store: this.#store, phase });
    this.#time += 1;
    if (step === 'to-store' && home !== 'unusable') this.#store = home;
    if (step === 'to-home') this.homes[index] = this.#store;
    if (step === 'remove-from-store') this.#store = 'absent';
    if (step === 'remove-from-home') this.homes[index] = 'absent';
    const now = this.homes[index] ?? 'absent';
    if (
      step !== 'nothing' ||
      (typeof now === 'object' && typeof this.#store === 'object' && now.sha256 === this.#store.sha256)
    )
      this.#bases[index] = typeof now === 'string' ? undefined : now.sha256;
  }
}

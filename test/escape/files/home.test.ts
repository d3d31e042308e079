import { expect } from 'vitest';
import { escapeTests, expectLines } from '../harness/escape.ts';

const escapeTest = escapeTests();

escapeTest('every private file of the home, by its absolute path', {
  requirement: '[GRT-1]',
  guards: ['private-home'],
  async control(walls) {
    const { stdout } = await walls.outside(walls.canaries.map(({ file }) => `./probe read ${file}`).join('\n'));
    expect(walls.canaries.filter(({ text }) => !stdout.includes(text))).toEqual([]);
  },
  async attempt(walls) {
    const others = walls.canaries.filter(({ file }) => !file.endsWith('/.gitconfig'));
    const run = await walls.run(others.map(({ file }) => `./probe read ${file}`).join('\n'));
    expectLines(
      run,
      others.map(() => 'read: ENOENT'),
    );
    return run;
  },
  async observe() {},
});

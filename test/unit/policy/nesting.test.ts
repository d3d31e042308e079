import { describe, expect, test } from 'vitest';
import { findTooDeep } from '../../../main/core/policy/nesting.ts';
import { parsePolicyFile } from '../../../main/core/policy/rule.ts';

const rule = (condition: string): string => `forbid (principal, action, resource) when { ${condition} };\n`;

/** Texts that overflow the engine's stack, or keep it busy for long, when they reach it. */
const hostile: readonly (readonly [what: string, text: string])[] = [
  ['parentheses', rule(`${'('.repeat(300)}true${')'.repeat(300)}`)],
  ['brackets that are never closed', '('.repeat(100_000)],
  ['lists', rule(`${'['.repeat(500)}${']'.repeat(500)} == []`)],
  ['records', rule(`${'{a:'.repeat(5000)}1${'}'.repeat(5000)} == 1`)],
  ['conditionals', rule(`${'if true then true else '.repeat(5000)}true`)],
  ['alternatives', rule(`${'true || '.repeat(30_000)}true`)],
  ['attributes', rule(`context${'.a'.repeat(60_000)}`)],
  ['attributes by index', rule(`context${'["a"]'.repeat(30_000)}`)],
  ['clauses', `forbid (principal, action, resource) ${'when {true} '.repeat(20_000)};`],
  ['semicolons', ';'.repeat(200_000)],
  ['words', 'forbid '.repeat(30_000)],
  ['behind a comment that a carriage return ends', rule(`//\r${'('.repeat(300)}true${')'.repeat(300)}`)],
  ['behind a string with an escaped quote', rule(`"\\"" == "a" && ${'('.repeat(300)}true${')'.repeat(300)}`)],
  ['examples', `@example_deny("${'net.connect example.org:443\n'.repeat(8000)}")\n${rule('true')}`],
];

describe('[GRT-6] a repository’s policy cannot break the engine for everybody', () => {
  test.each(hostile)('%s', (_, text) => {
    const { rules, problems } = parsePolicyFile('repository', { name: 'policy.cedar', text });
    expect(rules).toEqual([]);
    expect(problems).toHaveLength(1);
    // The engine still reads what is sound.
    const sound = parsePolicyFile('repository', { name: 'policy.cedar', text: rule('true') });
    expect(sound.problems).toEqual([]);
    expect(sound.rules).toHaveLength(1);
  });

  test.each([
    ['brackets in strings and comments', `// ${'('.repeat(500)}\n${rule(`"${'('.repeat(500)}" == "a"`)}`],
    [
      'a list of many hosts',
      rule(`resource in [${Array.from({ length: 2000 }, (_, i) => `Host::"a${i}.org"`).join()}]`),
    ],
    ['many simple rules', rule('true').repeat(400)],
    ['ordinary nesting', rule(`${'('.repeat(20)}true${')'.repeat(20)}`)],
  ])('%s are no nesting', (_, text) => {
    expect(findTooDeep(text)).toBeUndefined();
  });

  test('names the line', () => {
    expect(findTooDeep(`${rule('true')}\n${rule(`"\n" == "a" && ${'('.repeat(100)}`)}`)).toMatchObject({ line: 4 });
  });
});

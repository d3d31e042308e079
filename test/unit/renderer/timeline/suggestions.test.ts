import { describe, expect, test } from 'vitest';
import type { Facets } from '#contract/audit.ts';
import { suggestionsAt, takenSuggestion } from '../../../../renderer/features/timeline/suggestions.ts';

const facets: Facets = {
  entries: 9,
  exact: true,
  activity: [],
  fields: [
    {
      field: 'agent',
      values: [
        { value: 'my claude', entries: 5 },
        { value: 'claude', entries: 1 },
      ],
      more: false,
    },
    { field: 'host', values: [{ value: 'git.example.com', entries: 3 }], more: false },
  ],
};
const texts = (text: string, cursor = text.length) => suggestionsAt(text, cursor, facets).map((each) => each.text);

describe('[AUD-3] suggestions', () => {
  test.each([
    ['', ['agent:', 'action:', 'decision:', 'host:', 'since:', 'until:']],
    ['ag', ['agent:']],
    ['-ag', ['-agent:']],
    ['agent:', ['agent:"my claude"', 'agent:claude']],
    ['agent:cl', ['agent:claude', 'agent:"my claude"']],
    ['-agent:cl', ['-agent:claude', '-agent:"my claude"']],
    ['agent:claude', ['agent:"my claude"']],
    ['decision:', ['decision:deny', 'decision:allow']],
    ['since:7', ['since:7d']],
    ['git', ['host:git.example.com']],
    ['nothing:', []],
  ])('for %j', (text, expected) => {
    expect(texts(text)).toEqual(expected);
  });

  test('the term at the cursor is meant, and replaced alone', () => {
    const [first] = suggestionsAt('ho word', 2, facets);
    expect(first?.text).toBe('host:');
    if (first === undefined) return;
    expect(takenSuggestion('ho word', first)).toEqual({ text: 'host: word', cursor: 5 });
  });

  test('a finished term is followed by a space', () => {
    const [first] = suggestionsAt('x agent:cl', 10, facets);
    if (first === undefined) throw new Error('nothing is suggested');
    expect(takenSuggestion('x agent:cl', first)).toEqual({ text: 'x agent:claude ', cursor: 15 });
  });
});

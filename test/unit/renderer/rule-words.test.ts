import { describe, expect, test } from 'vitest';
import { actionSchema } from '#contract/actions.ts';
import type { ListedRule } from '#contract/policy.ts';
import { actsInWords, ruleSentence, shortId } from '../../../renderer/features/policies/rule-words.ts';

describe('[GRT-5] a rule as a sentence', () => {
  test.each<[Pick<ListedRule, 'effect' | 'gate' | 'scope' | 'actions'>, string]>([
    [{ effect: 'permit', scope: 'any', actions: ['net.connect'] }, 'Lets agents ask for connections'],
    [
      { effect: 'forbid', scope: 'any', actions: ['file.write', 'file.delete'] },
      'Never allows changing or deleting files',
    ],
    [
      { effect: 'forbid', gate: 'net.new-host', scope: 'any', actions: ['net.connect', 'http.request'] },
      'Asks about connections and requests, until it is granted',
    ],
    [
      { effect: 'forbid', gate: 'file.protected', scope: 'once', actions: ['file.protected'] },
      'Asks every time about changing protected files',
    ],
    [
      { effect: 'forbid', scope: 'any', actions: ['file.read', 'file.write', 'file.delete', 'file.protected'] },
      'Never allows any use of files',
    ],
  ])('%#', (rule, sentence) => {
    expect(ruleSentence(rule)).toBe(sentence);
  });

  test('names every action there is', () => {
    expect(actsInWords(actionSchema.options)).toBe('anything');
    for (const action of actionSchema.options) expect(actsInWords([action])).not.toBe('');
  });

  test('shows of an id what its author chose', () => {
    expect(shortId('base/base.cedar#new-host')).toBe('new-host');
  });
});

import { describe, expect, test } from 'vitest';
import { actionSchema } from '#contract/actions.ts';
import type { ListedRule } from '#contract/policy.ts';
import { actsInWords, ruleSentence, shortId } from '../../../renderer/features/policies/rule-words.ts';

describe('[GRT-5] a rule as a sentence', () => {
  type Shape = Pick<ListedRule, 'effect' | 'gate' | 'scope' | 'actions' | 'limited' | 'on'>;
  const whole = { effect: 'forbid', scope: 'any', limited: false } as const;
  test.each<[Shape, string]>([
    [{ ...whole, effect: 'permit', actions: ['net.connect'] }, 'Lets agents ask for connections'],
    [{ ...whole, actions: ['file.write', 'file.delete'] }, 'Never allows changing or deleting files'],
    [
      { ...whole, gate: 'net.new-host', actions: ['net.connect', 'http.request'] },
      'Asks until it is granted about connections and requests',
    ],
    [
      { ...whole, gate: 'net.new-host', limited: true, actions: ['net.connect', 'http.request'] },
      'Asks until it is granted about some connections and requests',
    ],
    [
      { ...whole, gate: 'file.protected', scope: 'once', actions: ['file.protected'] },
      'Asks every time about changing protected files',
    ],
    [
      { ...whole, limited: true, actions: ['file.read', 'file.write', 'file.delete', 'file.protected'] },
      'Never allows any use of some files',
    ],
    [
      { ...whole, limited: true, on: 'exam\u200bple.org', actions: ['net.connect'] },
      'Never allows connections: exam\\u{200b}ple.org',
    ],
    [
      { ...whole, limited: true, actions: ['file.read', 'process.exec'] },
      'Never allows reading some files and running some programs',
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

import { describe, expect, it } from 'vitest';
import { denialText, plainDenial } from '../../../main/core/network/denial.ts';

describe('[GRT-5] denialText', () => {
  it('says what, why, that retrying is useless, and what a person can do', () => {
    const text = denialText({
      ...plainDenial('approval_needed', 'example.org:443 is not granted to this task.'),
      gates: ['net.new-host'],
      remedy: 'net.connect:example.org:443',
    });
    expect(text).toBe(
      'Blocked by Gatehouse: example.org:443 is not granted to this task (approval_needed: gate net.new-host). ' +
        'Do not retry; nothing you change inside the sandbox will allow it. ' +
        'A person can allow it by starting the session with: gatehouse run --grant net.connect:example.org:443\n',
    );
  });

  it('quotes a remedy for the shell and names several gates', () => {
    const text = denialText({
      ...plainDenial('approval_needed', "It's closed"),
      gates: ['a', 'b'],
      remedy: "http.request:GET http://example.org/it's*",
    });
    expect(text).toContain('(approval_needed: gates a, b)');
    expect(text).toContain("--grant 'http.request:GET http://example.org/it'\\''s*'");
  });

  it('offers no remedy where none is', () => {
    expect(denialText(plainDenial('forbidden', 'No.'))).toBe(
      'Blocked by Gatehouse: No (forbidden). Do not retry; nothing you change inside the sandbox will allow it.\n',
    );
  });
});

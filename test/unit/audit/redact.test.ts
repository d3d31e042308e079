import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Redactor } from '../../../main/core/audit/redact.ts';
import { secretForms } from '../../../main/core/audit/secret-forms.ts';

/** Assembled at run time, so that no scanner takes these for real. */
const made = (...parts: string[]): string => parts.join('');
const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJ0123456789';

function redact(text: string): string {
  return new Redactor().redact(text);
}

describe('[AUD-5] secrets nobody registered are recognised by their form', () => {
  test.each([
    ['aws', made('AKIA', 'IOSFODNN7EXAMPLE')],
    ['aws', made('ASIA', 'IOSFODNN7EXAMPLE')],
    ['github', made('ghp_', letters)],
    ['github', made('github_pat_', letters)],
    ['gitlab', made('glpat-', letters.slice(0, 20))],
    ['slack', made('xoxb-', '123456789012-', letters.slice(0, 20))],
    ['slack', made('xapp-', '1-A123-', letters.slice(0, 20))],
    ['npm', made('npm_', letters.slice(0, 36))],
    ['openai', made('sk-', 'proj-', letters)],
    ['anthropic', made('sk-ant-', 'api03-', letters)],
    ['google', made('AIza', letters.slice(0, 35))],
    ['stripe', made('sk_live_', letters.slice(0, 24))],
    ['jwt', made('eyJhbGciOiJIUzI1NiJ9', '.', 'eyJzdWIiOiIxIn0', '.', letters)],
  ])('%s: %s', (label, secret) => {
    expect(redact(secret)).toBe(`[redacted:${label}]`);
    expect(redact(`before ${secret} after`)).toBe(`before [redacted:${label}] after`);
    for (const around of [`"${secret}"`, `(${secret})`, `x=${secret}`, `/a/${secret}/b`]) {
      expect(redact(around)).not.toContain(secret.slice(-10));
    }
  });

  const body = `${letters}\n${letters}`;
  test.each([
    ['whole', made('-----BEGIN ', 'PRIVATE KEY-----\n', body, '\n-----END ', 'PRIVATE KEY-----')],
    ['of another type', made('-----BEGIN RSA ', 'PRIVATE KEY-----\n', body, '\n-----END RSA ', 'PRIVATE KEY-----')],
    ['without its end', made('-----BEGIN OPENSSH ', 'PRIVATE KEY-----\n', body)],
  ])('a private key %s', (_what, key) => {
    expect(redact(`key:\n${key}`)).toBe('key:\n[redacted:private-key]');
  });

  test.each([
    ['Authorization: Bearer canary-value-1', 'Authorization: [redacted:header]'],
    ['authorization: Basic dXNlcjpwYXNz', 'authorization: [redacted:header]'],
    ['Cookie: a=canary; b=canary', 'Cookie: [redacted:header]'],
    ['set-cookie: sid=canary; Path=/', 'set-cookie: [redacted:header]'],
    ["-H 'X-Api-Key: canary'", "-H 'X-Api-Key: [redacted:header]'"],
    ['sent Bearer canary-value-1 to it', 'sent Bearer [redacted:credential] to it'],
    ['Basic dXNlcjpwYXNz', 'Basic [redacted:credential]'],
    ['https://user:canary@example.org/x', 'https://[redacted:userinfo]@example.org/x'],
    ['https://user:p@canary@example.org/x', 'https://[redacted:userinfo]@example.org/x'],
    ['https://canary@example.org/x', 'https://[redacted:userinfo]@example.org/x'],
    [
      'https://example.org/x?a=1&access_token=canary&b=2',
      'https://example.org/x?a=1&access_token=[redacted:value]&b=2',
    ],
    ['https://example.org/x?sig=canary&b=2', 'https://example.org/x?sig=[redacted:value]&b=2'],
    ['/x?X-Amz-Signature=canary', '/x?X-Amz-Signature=[redacted:value]'],
    ['--token=canary --verbose', '--token=[redacted:value] --verbose'],
    ['--api-key canary --verbose', '--api-key [redacted:value] --verbose'],
    ['GITHUB_TOKEN=canary make', 'GITHUB_TOKEN=[redacted:value] make'],
    ['{"password":"canary"}', '{"password":"[redacted:value]"}'],
    ['DB_PASSWORD: canary', 'DB_PASSWORD: [redacted:value]'],
  ])('%s', (text, clean) => {
    expect(redact(text)).toBe(clean);
  });

  test.each([
    'https://example.org/a/b?page=2#top',
    '/home/user/project/src/tokenizer.ts',
    'basic principles of secret keeping',
    'a1c9-tiger-lamp',
    'git@github.com:org/repo.git',
    'input_tokens: 1234',
  ])('leaves %s alone', (text) => {
    expect(redact(text)).toBe(text);
  });

  test('hostile texts cost no more than their length', () => {
    // Each would take minutes if a pattern went back and forth over it.
    for (const piece of ['eyJ', '-a', '://', 'token', 'Bearer ', 'sk-', 'authorization', '-----BEGIN ', 'x@', 'ghp_']) {
      redact(piece.repeat(200_000));
    }
  });
});

describe('[AUD-5] registered secrets', () => {
  const secret = 'c4nary/+ "q\\uo\te" ünï?&=';
  const redactor = new Redactor();
  redactor.add(secret, 'my key');

  test.each([
    ['as it is', secret],
    ['URL-encoded', encodeURIComponent(secret)],
    ['URL-encoded in lower case', encodeURIComponent(secret).replace(/%[0-9A-F]{2}/gu, (code) => code.toLowerCase())],
    ['as a form field', new URLSearchParams({ v: secret }).toString().slice(2)],
    ['JSON-escaped', JSON.stringify(secret).slice(1, -1)],
    ['JSON-escaped twice', JSON.stringify(JSON.stringify(secret)).slice(3, -3)],
    ['in hex', Buffer.from(secret).toString('hex')],
    ['in upper-case hex', Buffer.from(secret).toString('hex').toUpperCase()],
  ])('%s', (_form, text) => {
    expect(redactor.redact(text)).toBe('[redacted:my-key]');
    expect(redactor.redact(`<<${text}>>`)).toBe('<<[redacted:my-key]>>');
  });

  test('in base64 at every alignment', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 12, maxLength: 60, unit: 'grapheme-ascii' }),
        fc.string({ maxLength: 5 }),
        fc.string({ maxLength: 5 }),
        fc.constantFrom<BufferEncoding>('base64', 'base64url'),
        (value, before, after, encoding) => {
          const one = new Redactor();
          one.add(value, 'it');
          const text = Buffer.from(before + value + after).toString(encoding);
          const clean = one.redact(text);
          expect(clean).toContain('[redacted:it]');
          // At most the characters that mix the value with its neighbours stay: under one byte on either side.
          const left = clean.replace(/\[redacted:it\]/u, '');
          expect(left.length).toBeLessThanOrEqual(4 * Math.ceil((before.length * 3 + after.length * 3 + 6) / 3));
        },
      ),
    );
  });

  test('no form of the value survives anywhere in a text', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 8, maxLength: 40, unit: 'grapheme' }),
        fc.array(fc.string(), { maxLength: 4 }),
        fc.nat(),
        (value, around, pick) => {
          const one = new Redactor();
          one.add(value, 'L');
          const forms = secretForms(value);
          const form = forms[pick % forms.length] ?? value;
          const clean = one.redact(around.join(form));
          if (around.length > 1) expect(clean.split('[redacted:').join('')).not.toContain(form);
        },
      ),
    );
  });

  test('a short secret inside a long one does not leave the rest of it', () => {
    const both = new Redactor();
    both.add('secret', 'short');
    both.add('secret-and-more', 'long');
    expect(both.redact('secret-and-more')).toBe('[redacted:long]');
  });

  test.each(['', 'a', 'short'])('refuses %j, which occurs by chance', (value) => {
    expect(() => new Redactor().add(value, 'x')).toThrow(
      expect.objectContaining({ data: expect.objectContaining({ code: 'invalid_request' }) }),
    );
  });
});

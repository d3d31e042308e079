import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { actionDigest, type ExactAction } from '../../../main/core/approvals/action-digest.ts';

const exact: ExactAction = {
  request: {
    principal: {
      sessionId: 'a1c9-calm-otter',
      agent: 'claude-code',
      taskId: 't-00000001',
      workspace: '/home/me/shop',
      home: '/home/me',
    },
    action: 'http.request',
    resource: { kind: 'url', scheme: 'http', method: 'GET', host: 'example.org', port: 80, path: '/a' },
  },
  protocol: 'http',
  gates: ['net.new-host'],
  policy: 'p1',
  executable: 'e1',
  key: 'k1',
};

describe('the digest of an action', () => {
  const principal = exact.request.principal;
  const url = { kind: 'url', scheme: 'http', method: 'GET', host: 'example.org', port: 80, path: '/a' } as const;
  const others: readonly (readonly [string, ExactAction])[] = [
    ['session', { ...exact, request: { ...exact.request, principal: { ...principal, sessionId: 'b' } } }],
    ['agent', { ...exact, request: { ...exact.request, principal: { ...principal, agent: 'codex' } } }],
    ['task', { ...exact, request: { ...exact.request, principal: { ...principal, taskId: 't-2' } } }],
    ['workspace', { ...exact, request: { ...exact.request, principal: { ...principal, workspace: '/x' } } }],
    ['action', { ...exact, request: { ...exact.request, action: 'net.connect' } }],
    ['method', { ...exact, request: { ...exact.request, resource: { ...url, method: 'PUT' } } }],
    ['host', { ...exact, request: { ...exact.request, resource: { ...url, host: 'example.com' } } }],
    ['port', { ...exact, request: { ...exact.request, resource: { ...url, port: 81 } } }],
    ['path', { ...exact, request: { ...exact.request, resource: { ...url, path: '/b' } } }],
    ['protocol', { ...exact, protocol: 'connect' }],
    ['gates', { ...exact, gates: ['net.local-address', 'net.new-host'] }],
    ['policy', { ...exact, policy: 'p2' }],
    ['executable', { ...exact, executable: 'e2' }],
    ['key', { ...exact, key: 'k2' }],
    ['key of nobody', { ...exact, key: undefined }],
  ];

  test.each(others)('[APR-4] changes with the %s', (_, other) => {
    expect(actionDigest(other)).not.toBe(actionDigest(exact));
  });

  test('is the same for the same action', () => {
    expect(actionDigest(structuredClone(exact))).toBe(actionDigest(exact));
  });

  test('[APR-4] no two texts share a digest, halves of surrogate pairs included', () => {
    const text = fc.array(fc.constantFrom('\ud800', '\udc00', 'a', 'é', '\u0301', '\0', '2AA='), { maxLength: 4 });
    const digestOf = (path: string) =>
      actionDigest({ ...exact, request: { ...exact.request, resource: { ...url, path } } });
    fc.assert(
      fc.property(text, text, (one, two) => {
        const [a, b] = [one.join(''), two.join('')];
        expect(digestOf(a) === digestOf(b)).toBe(a === b);
      }),
    );
  });
});

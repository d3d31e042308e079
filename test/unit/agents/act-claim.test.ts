import { describe, expect, test } from 'vitest';
import {
  type ActClaim,
  actClaim,
  type CredentialClaims,
  credentialText,
  judgeCredential,
} from '../../../main/core/agents/session-credential.ts';

const act: ActClaim = { session: 'b', agent: 'claude-code', act: { session: 'a', agent: 'generic' } };
const claims: CredentialClaims = {
  v: 1,
  session: 'c',
  agent: 'codex',
  fingerprint: 'f',
  task: 't',
  executable: 'e',
  notBefore: 0,
  notAfter: 100,
};
const agent = { name: 'codex', fingerprint: 'f', state: 'active' as const };
const facts = { session: 'c', task: 't', executable: 'e', at: 50, agent };

describe('[IDN-9] the chain in a session’s credential', () => {
  test('is nested as RFC 8693 has it, whoever acts nearest first', () => {
    const chain = [
      { session: 'b', agent: 'claude-code' },
      { session: 'a', agent: 'generic' },
    ];
    expect(actClaim(chain)).toEqual(act);
    expect(actClaim([])).toBeUndefined();
  });

  test('is signed, and leaves the text of a session without one as it was', () => {
    expect(credentialText({ ...claims, act })).toContain(JSON.stringify({ agent: 'claude-code' }).slice(1, -1));
    expect(credentialText({ ...claims, act: undefined })).toBe(credentialText(claims));
  });

  test.each<[what: string, held: ActClaim | undefined, is: ActClaim | undefined, state: string]>([
    ['its own', act, act, 'valid'],
    ['none', undefined, undefined, 'valid'],
    ['missing', undefined, act, 'expired'],
    ['one too many', act, undefined, 'expired'],
    ['another session', { ...act, session: 'x' }, act, 'expired'],
    ['another agent', { ...act, agent: 'x' }, act, 'expired'],
    ['a shorter chain', { session: 'b', agent: 'claude-code' }, act, 'expired'],
  ])('%s', (_, held, is, state) => {
    expect(judgeCredential({ ...claims, act: held }, { ...facts, act: is })).toBe(state);
  });
});

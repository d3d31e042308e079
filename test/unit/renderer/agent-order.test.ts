import { expect, test } from 'vitest';
import { inOrder, isFound } from '../../../renderer/features/agents/agent-order.ts';
import type { KnownAgent } from '../../../renderer/features/agents/known-agent.ts';

/** Of an agent only these fields are looked at. */
function known(name: string, program: 'accepted' | 'changed' = 'accepted', purpose = 'Works'): KnownAgent {
  const agent = {
    name,
    title: name,
    purpose,
    owner: 'ada',
    words: 'tulip-raven',
    fingerprint: '00ff',
    attestation: { path: `/opt/${name}/bin/run`, sha256: '', interpreters: [] },
  };
  return { agent, reviewed: { program, flags: [] }, sessions: [] } as unknown as KnownAgent;
}

test('[IDN-4] agents whose program is not the accepted one come first, the others by name', () => {
  const agents = [known('agent-10'), known('zeta', 'changed'), known('agent-2')];
  expect(inOrder(agents).map(({ agent }) => agent.name)).toEqual(['zeta', 'agent-2', 'agent-10']);
});

test.each([
  ['', true],
  ['CODEX', true],
  ['review tulip', true],
  ['/opt/codex', true],
  ['ada 00ff', true],
  ['codex grace', false],
])('[IDN-4] an agent is found by what one knows of it: “%s”', (typed, isThere) => {
  expect(isFound(known('codex', 'accepted', 'Reviews changes'), typed)).toBe(isThere);
});

import { expect, test } from 'vitest';
import { runKillCampaign } from '../../campaign/kill.ts';
import type { Role } from '../../campaign/kill-victims.ts';

/** One of each part, and the supervisor first and last. */
const parts: readonly Role[] = [
  'supervisor',
  'agent',
  'egress worker',
  'outer portcullis',
  'bubblewrap',
  'init',
  'relay',
  'descendant of an agent',
  'client',
  'supervisor',
];

test('[RUN-3] [RUN-6] [AUD-1] whatever is killed under load, nobody survives and nothing acknowledged is lost', async () => {
  const said: string[] = [];
  const held = await runKillCampaign({
    rounds: parts.length,
    seed: 7,
    first: 1,
    parts,
    say: (line) => said.push(line),
  });
  expect(held, said.join('\n')).toBe(true);
}, 600_000);

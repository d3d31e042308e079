import { parseArgs } from 'node:util';
import type { Campaign } from './campaign.ts';
import { openKillGround } from './kill-ground.ts';
import { runKillRound } from './kill-round.ts';
import type { Role } from './kill-victims.ts';
import { seededRandom } from './seeded-random.ts';

/** SIGKILL of everything, at random moments, under load. */
export const kill: Campaign = {
  name: 'kill',
  usage:
    'kill [--rounds 500] [--seed N] [--first N]    SIGKILL at random moments; --seed and --first repeat what failed',
  async run(args) {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: '500' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
        first: { type: 'string', default: '1' },
      },
    });
    const [rounds, seed, first] = [values.rounds, values.seed, values.first].map(Number);
    if (
      rounds === undefined ||
      seed === undefined ||
      first === undefined ||
      ![rounds, seed, first].every(Number.isSafeInteger)
    ) {
      throw new Error('--rounds, --seed and --first are whole numbers');
    }
    console.log(`seed ${seed}, rounds ${first} to ${first + rounds - 1}`);
    return await runKillCampaign({ rounds, seed, first, say: (line) => console.log(line) });
  },
};

/** Runs the rounds; false, and the reason said, at the first that does not hold. */
export async function runKillCampaign(order: {
  readonly rounds: number;
  readonly seed: number;
  readonly first: number;
  /** Parts to strike, one a round in this order; drawn by lot when absent. */
  readonly parts?: readonly Role[];
  readonly say: (line: string) => void;
}): Promise<boolean> {
  const { rounds, seed, first, parts, say } = order;
  const ground = await openKillGround();
  const struck = new Map<string, number>();
  let acknowledged = 0;
  let sessions = 0;
  const startedAt = performance.now();
  try {
    for (let round = first; round < first + rounds; round += 1) {
      try {
        // Each round has numbers of its own, so that one can be repeated without those before it.
        const result = await runKillRound(
          ground,
          seededRandom(seed + round * 7_919),
          `k${seed}-${round}`,
          parts?.[round - first],
        );
        struck.set(result.role, (struck.get(result.role) ?? 0) + 1);
        acknowledged += result.acknowledged;
        sessions += result.sessions;
      } catch (error) {
        say(`seed ${seed}, round ${round}: ${error instanceof Error ? error.message : String(error)}`);
        say(`again with: npm run campaign -- kill --rounds 1 --seed ${seed} --first ${round}`);
        return false;
      }
      if (round % 25 === 0) say(`round ${round}, ${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
    }
    const seconds = (performance.now() - startedAt) / 1000;
    const entries = (await ground.control.call('supervisor.status', {})).events;
    const kills = [...struck].map(([role, count]) => `${role} ${count}`).join(', ');
    say(`${rounds} rounds in ${seconds.toFixed(0)} s, ${(seconds / rounds).toFixed(2)} s each: ${kills}`);
    say(
      `${sessions} sessions, ${acknowledged} acknowledgements, ${entries} entries on record; no survivor, nothing lost`,
    );
    return true;
  } finally {
    await ground.close();
  }
}

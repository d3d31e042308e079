import { afterAll, beforeAll, expect, test } from 'vitest';
import { transcript } from '../../bench/transcript/attempts/all.ts';
import { gatehouse } from '../../bench/transcript/contestants.ts';
import { knownLosses } from '../../bench/transcript/known-losses.ts';
import { openPlantedHost, type PlantedHost } from '../../bench/transcript/planted-host.ts';
import { type Judged, tryTogether } from '../../bench/transcript/run-attempt.ts';

/**
 * The hostile transcript's own column of Gatehouse, without its controls: those take the bench. What needs a session of its own
 * has escape tests of its own; here everything else is tried in one.
 */
const together = transcript.filter((attempt) => attempt.alone !== true);

/** Only ends what hangs; two hundred attempts take most of a minute. */
const hookDeadlineMs = 600_000;

let host: PlantedHost | undefined;
let outcomes: ReadonlyMap<string, Judged> = new Map();

beforeAll(async () => {
  host = await openPlantedHost();
  outcomes = await tryTogether(host, together, gatehouse);
}, hookDeadlineMs);
afterAll(async () => {
  await host?.close();
});

test('[GRT-1] nothing of the hostile transcript gets through but what is known and stated', () => {
  expect(outcomes.size).toBeGreaterThan(150);
  const through = together.filter(({ id }) => outcomes.get(id)?.outcome === 'through');
  const unknown = through.filter(({ what }) => knownLosses[what] === undefined);
  expect(unknown.map(({ id, what }) => `${id} ${what}: ${outcomes.get(id)?.said}`)).toEqual([]);
});

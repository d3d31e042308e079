import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../bench/statistics.ts';
import { eventually } from '../helpers/poll.ts';
import { isRunning } from '../helpers/processes.ts';
import { type CrowdGround, startCrowdSession } from './crowd-session.ts';

/** A session that wants to bring everything else to a stop. */
interface Attack {
  readonly name: string;
  readonly script: (port: number) => string;
  readonly limits?: Readonly<Record<string, number>>;
}

/** What a healthy session had of the machine for a while: medians, and the longest that it waited for anything. */
export interface Health {
  readonly requestMs: number;
  readonly echoMs: number;
  /** Files written per second, while it writes. */
  readonly filesPerSecond: number;
  readonly worstMs: number;
  /** Requests that did not succeed. */
  readonly failed: number;
}

/** A healthy session before and during an attack, and how fast the attacker was gone. */
export interface Beside {
  readonly attack: string;
  readonly before: Health;
  readonly during: Health;
  /** From the kill to the end of its last process, and to the answer, which comes when the end is on record. */
  readonly goneMs: number;
  readonly stopMs: number;
  readonly endReason: string;
}

/** Requests at once of the flood; the proxy takes fewer from one session. */
const floodRequests = 250;
const attacks: readonly Attack[] = [
  {
    name: 'fork bomb',
    // Of awk, since a shell gives up when it cannot fork.
    script: () => `exec awk 'BEGIN { while (1) system("sleep 1 & sleep 1 & sleep 1 & sleep 1 &") }'`,
    limits: { processes: 200 },
  },
  {
    name: 'memory hog',
    script: () => 'while :; do head -c 4000000000 /dev/zero | tail | wc -c; done',
    limits: { memoryBytes: 512 * 1024 * 1024 },
  },
  { name: 'output flood', script: () => 'exec yes a flood of output that never ends' },
  {
    name: 'connection flood',
    script: (port) =>
      `while :; do curl -s -Z --parallel-max ${floodRequests} --parallel-immediate -H 'Connection: close' --noproxy "" "http://127.0.0.1:${port}/flood/[1-2000]" -o /dev/null; done`,
  },
  {
    name: 'file-event storm',
    script: () =>
      'for p in 1 2 3 4; do (while :; do for i in 0 1 2 3 4 5 6 7 8 9; do for j in 0 1 2 3 4 5 6 7 8 9; do echo > s$p-$i$j; done; done; rm -f s$p-*; done) & done; wait',
  },
];

const baselineMs = 6_000;
const settleMs = 1_500;
const attackMs = 10_000;
const echoEveryMs = 50;

/** Runs every attack beside one healthy session. */
export async function measureBeside(ground: CrowdGround, say: (line: string) => void): Promise<Beside[]> {
  const results: Beside[] = [];
  for (const attack of attacks) {
    const healthy = await startHealthy(ground);
    const before = await healthy.during(() => pause(baselineMs));
    const attacker = await startCrowdSession(ground, attack.script(ground.port), `attack-${attack.name}`, {
      ...(attack.limits === undefined ? {} : { limits: attack.limits }),
    });
    await pause(settleMs);
    const during = await healthy.during(() => pause(attackMs));
    const holder = await holderOf(ground, attacker.id);
    const began = performance.now();
    const killed = ground.control.call('session.kill', { id: attacker.id }).catch(() => undefined);
    await eventually(async () => !(await isRunning(holder)), { what: 'the attacker to be gone', deadlineMs: 60_000 });
    const goneMs = performance.now() - began;
    await killed;
    const { endReason } = await attacker.ended;
    const stopMs = performance.now() - began;
    results.push({ attack: attack.name, before, during, goneMs, stopMs, endReason });
    say(`beside a ${attack.name}: ${JSON.stringify(results.at(-1))}`);
    await healthy.end();
  }
  return results;
}

/** The outermost process of a session, with which every other one is gone. */
async function holderOf({ control }: CrowdGround, id: string): Promise<number> {
  const { events } = await control.call('log.query', { query: 'kind:session.started', session: id, limit: 1 });
  const pid = events[0]?.detail['pid'];
  if (typeof pid !== 'number') throw new Error(`session ${id} has no process on record`);
  return pid;
}

/** A session that asks, writes and echoes all the time, and tells how long each took. */
async function startHealthy(ground: CrowdGround) {
  // Each loop in the background; `cat` echoes what comes in. Times are taken inside, but for the echo's.
  const script = `
    (while :; do curl -s -m 60 -o /dev/null -w "r %{http_code} %{time_total}\\n" http://127.0.0.1:${ground.port}/healthy; sleep 0.02; done) &
    (while :; do a=$(date +%s%N); for i in 0 1 2 3 4 5 6 7 8 9; do for j in 0 1 2 3 4; do echo healthy > h$i$j; done; done; b=$(date +%s%N); echo "w $((b-a))"; sleep 0.05; done) &
    exec cat`;
  let requests: number[] = [];
  let writes: number[] = [];
  let echoes: number[] = [];
  let failed = 0;
  const asked = new Map<string, number>();
  const session = await startCrowdSession(ground, script, 'healthy', {
    onLine(line) {
      const [what, one = '', two = ''] = line.split(' ');
      if (what === 'r' && one === '200') requests.push(Number(two) * 1000);
      else if (what === 'r') failed += 1;
      else if (what === 'w') writes.push(Number(one) / 1e6);
      else if (what === 'e') {
        echoes.push(performance.now() - (asked.get(one) ?? 0));
        asked.delete(one);
      }
    },
  });
  let turn = 0;
  const timer = setInterval(() => {
    turn += 1;
    asked.set(String(turn), performance.now());
    session.say(`e ${turn}\n`);
  }, echoEveryMs);
  return {
    async during(wait: () => Promise<unknown>): Promise<Health> {
      [requests, writes, echoes, failed] = [[], [], [], 0];
      await wait();
      // What was asked and has not come back counts as waiting until now.
      const waiting = [...asked.values()].map((at) => performance.now() - at);
      return {
        requestMs: middle(requests),
        echoMs: middle(echoes),
        filesPerSecond: writes.length === 0 ? 0 : Math.round(50_000 / median(writes)),
        worstMs: Math.round(Math.max(0, ...requests, ...echoes, ...waiting)),
        failed,
      };
    },
    async end(): Promise<void> {
      clearInterval(timer);
      await ground.control.call('session.kill', { id: session.id });
      await session.ended;
    },
  };
}

function middle(values: readonly number[]): number {
  return values.length === 0 ? Number.POSITIVE_INFINITY : Number(median(values).toPrecision(3));
}

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { heldMiB } from '../bench/machine.ts';
import { median, rounded } from '../bench/statistics.ts';
import { eventually } from '../helpers/poll.ts';
import type { Campaign } from './campaign.ts';
import { measureBeside } from './crowd-beside.ts';
import { type CrowdGround, type CrowdSession, startCrowdSession } from './crowd-session.ts';
import { type KillGround, openKillGround } from './kill-ground.ts';

const sessionsNumber = 20;
const requestsEach = 30;
const outputBytesEach = 4_000_000;
/** An attacker that was killed is gone within this, on a machine that has other work too. */
const stopMsMax = 10_000;
/** A healthy session never waits longer for anything. */
const waitMsMax = 10_000;

/** Twenty sessions at once, and a healthy one beside those that want everything. */
export const crowd: Campaign = {
  name: 'crowd',
  usage: 'crowd    20 sessions at once; a healthy session beside a fork bomb, a memory hog and floods',
  async run() {
    const ground = await openKillGround();
    try {
      const problems = await measureTogether(ground);
      const beside = await measureBeside(ground, (line) => console.log(line));
      console.log(
        '| beside | request, ms | echo, ms | files/s | longest wait, ms | gone after kill, ms | answered after, ms |\n| --- | --- | --- | --- | --- | --- | --- |',
      );
      for (const { attack, before, during, goneMs, stopMs, endReason } of beside) {
        const pair = (one: number, two: number): string => `${rounded(one)} → ${rounded(two)}`;
        console.log(
          `| ${attack} | ${pair(before.requestMs, during.requestMs)} | ${pair(before.echoMs, during.echoMs)} | ${pair(before.filesPerSecond, during.filesPerSecond)} | ${pair(before.worstMs, during.worstMs)} | ${Math.round(goneMs)} | ${Math.round(stopMs)} (${endReason}) |`,
        );
        if (stopMs > stopMsMax) problems.push(`the ${attack} was gone only after ${stopMs} ms`);
        if (during.failed > 0) problems.push(`beside the ${attack}, ${during.failed} requests failed`);
        if (during.worstMs > waitMsMax) problems.push(`beside the ${attack}, something waited ${during.worstMs} ms`);
      }
      const verified = await ground.control.call('log.verify', {});
      if (!verified.ok) problems.push(`log verify: ${JSON.stringify(verified.damage)}`);
      for (const problem of problems) console.error(`failed: ${problem}`);
      return problems.length === 0;
    } finally {
      await ground.close();
    }
  },
};

/** Starts all at once, has all work at the same time, and looks whether each has its own and nothing else. */
async function measureTogether(ground: KillGround): Promise<string[]> {
  const problems: string[] = [];
  const idle = await heldMiB([ground.pid]);
  const from = (await ground.control.call('supervisor.status', {})).events;
  const marks = Array.from({ length: sessionsNumber }, (_, index) => `crowd-${index}-`);
  const said = new Map<string, string[]>(marks.map((mark) => [mark, []]));
  const began = performance.now();
  const sessions = await Promise.all(
    marks.map((mark) =>
      startCrowdSession(ground, memberScript(ground, mark), mark, { onLine: (line) => said.get(mark)?.push(line) }),
    ),
  );
  const allStartedMs = performance.now() - began;
  await eventually(() => marks.every((mark) => said.get(mark)?.includes(`${mark} up`)), {
    what: 'all to speak',
    deadlineMs: 120_000,
  });
  const workBegan = performance.now();
  for (const session of sessions) session.say('go\n');
  const peaks: number[] = [];
  let working = true;
  const watching = (async () => {
    for (; working; await pause(250)) peaks.push(await heldMiB([ground.pid]));
  })();
  const ends = await Promise.all(
    sessions.map(async (session) => ({ ...(await session.ended), ms: performance.now() - workBegan })),
  );
  working = false;
  await watching;
  problems.push(...(await findMixed(ground, { marks, sessions, said, from })));
  for (const { exit } of ends) if (exit.status !== 0) problems.push(`a session of the crowd ended with ${exit.status}`);
  const starts = sessions.map(({ startMs }) => startMs);
  const rates = ends.map(({ ms }) => requestsEach / (ms / 1000));
  const spread = (values: readonly number[]): string =>
    `${rounded(Math.min(...values))} / ${rounded(median(values))} / ${rounded(Math.max(...values))}`;
  console.log(
    `${sessionsNumber} sessions asked for at once: started after ${spread(starts)} ms (least / median / most), all after ${Math.round(allStartedMs)} ms`,
  );
  console.log(
    `each ${requestsEach} requests and ${outputBytesEach / 1e6} MB of output, all together: ${spread(ends.map(({ ms }) => ms))} ms, ${spread(rates)} requests/s each`,
  );
  console.log(
    `supervisor: ${rounded(idle)} MiB idle, ${rounded(Math.max(...peaks))} MiB at most, ${rounded(await heldMiB([ground.pid]))} MiB afterwards`,
  );
  return problems;
}

function memberScript(ground: CrowdGround, mark: string): string {
  return `echo "${mark} up"; read go; n=0
    while [ $n -lt ${requestsEach} ]; do n=$((n+1)); curl -s -m 120 -o /dev/null --noproxy "" http://127.0.0.1:${ground.port}/${mark}/$n || exit 3; done
    echo ${mark} > file-${mark}; head -c ${outputBytesEach} /dev/zero | tr "\\0" x | fold -w 1000 | sed "s/^/${mark} /"; echo; echo "${mark} done"`;
}

/** Output, requests, files and records of one that another has, or that nobody has. */
async function findMixed(
  ground: KillGround,
  crowdNow: {
    readonly marks: readonly string[];
    readonly sessions: readonly CrowdSession[];
    readonly said: ReadonlyMap<string, readonly string[]>;
    readonly from: number;
  },
): Promise<string[]> {
  const problems: string[] = [];
  const paths = ground.service.takePaths();
  const events = await ground.eventsAfter(crowdNow.from);
  for (const [index, mark] of crowdNow.marks.entries()) {
    const lines = crowdNow.said.get(mark) ?? [];
    if (lines.some((line) => line !== '' && !line.startsWith(mark)))
      problems.push(`${mark} got output that is not its own`);
    if (lines.at(-1) !== `${mark} done`) problems.push(`${mark} did not say its last line`);
    const asked = paths.filter((each) => each.startsWith(`/${mark}/`)).length;
    if (asked !== requestsEach) problems.push(`${asked} requests of ${mark} arrived instead of ${requestsEach}`);
    const file = await readFile(path.join(ground.home.workspace, `file-${mark}`), 'utf8').catch(() => '');
    if (file !== `${mark}\n`) problems.push(`the file of ${mark} holds ${file}`);
    const own = events.filter(({ session }) => session === crowdNow.sessions[index]?.id);
    const urls = own.flatMap(({ resource, decision }) =>
      resource?.kind === 'url' && decision === 'allow' ? [resource.path] : [],
    );
    if (urls.some((url) => !url.startsWith(`/${mark}/`))) problems.push(`requests of others are on record for ${mark}`);
    if (new Set(urls).size !== requestsEach) problems.push(`${new Set(urls).size} requests of ${mark} are on record`);
    for (const kind of ['session.starting', 'session.started', 'session.ended'] as const) {
      if (own.filter((event) => event.kind === kind).length !== 1) problems.push(`${mark} has not one ${kind}`);
    }
  }
  return problems;
}

import { appendFile, mkdir, readdir, readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parseDurationMs } from '../../main/cli/parse/duration.ts';
import { median, rounded } from '../bench/statistics.ts';
import { startGatehouse } from '../helpers/gatehouse.ts';
import { eventually } from '../helpers/poll.ts';
import { descendantsOf, findProcess } from '../helpers/processes.ts';
import type { TempHome } from '../helpers/temp-home.ts';
import type { Campaign } from './campaign.ts';
import { startLoopbackService } from './loopback-service.ts';
import { openSignedHome } from './signed-home.ts';
import { type SoakGround, soakWork } from './soak-work.ts';

const sampleEveryMs = 30_000;
/** From the beginning of one piece of work to the next: a load, not a race. */
const workEveryMs = 1_100;
const workAtOnceMax = 4;
/** The part of the time before anything is judged: caches fill, heaps find their size. */
const warmUpShare = 1 / 3;
/** A slope above this is growth. */
const slopeMax = { unit: 'MiB/h', value: 6 } as const;
/** More failures than this and the soak ends at once. */
const failuresMax = 20;

/** What is looked at, for each process and for the state. */
type Sample = Readonly<Record<string, number>>;

/** An hour of sessions that come and go beside one that stays: memory, descriptors, threads and files stay flat. */
export const soak: Campaign = {
  name: 'soak',
  usage: 'soak [--for 60m]        sessions come and go for that long; nothing may grow',
  async run(args) {
    const { values } = parseArgs({ args: [...args], options: { for: { type: 'string', default: '60m' } } });
    const forMs = parseDurationMs(values.for);
    const home = await openSignedHome();
    const services = await Promise.all([startLoopbackService(), startLoopbackService()]);
    const stop = (): void => void home.close().finally(() => process.exit(130));
    process.once('SIGINT', stop).once('SIGTERM', stop);
    try {
      return await soakIn({ home, port: services[0].port, deniedPort: services[1].port }, forMs);
    } finally {
      process.off('SIGINT', stop).off('SIGTERM', stop);
      await home.close();
      await Promise.all(services.map((service) => service.close()));
    }
  },
};

async function soakIn(ground: SoakGround, forMs: number): Promise<boolean> {
  const resident = await startResident(ground);
  const folder = path.resolve('.cache/campaign');
  await mkdir(folder, { recursive: true });
  const file = path.join(folder, `soak-${new Date().toISOString().replaceAll(':', '')}.jsonl`);
  console.log(`samples: ${file}`);
  const startedAt = performance.now();
  const samples: Sample[] = [];
  const failures: string[] = [];
  const done = new Map<string, number>();
  const sample = async (): Promise<void> => {
    const taken = {
      minutes: (performance.now() - startedAt) / 60_000,
      ...(await takeSample(ground.home, resident.pid)),
    };
    samples.push(taken);
    await appendFile(file, `${JSON.stringify(taken)}\n`);
  };
  const end = startedAt + forMs;
  let nextSample = startedAt;
  let turn = 0;
  const running = new Set<Promise<void>>();
  while (performance.now() < end && failures.length <= failuresMax) {
    if (performance.now() >= nextSample) {
      nextSample += sampleEveryMs;
      await sample();
    }
    const work = soakWork[turn % soakWork.length];
    turn += 1;
    if (work !== undefined) {
      const run: Promise<void> = work
        .run(ground)
        .then(() => void done.set(work.name, (done.get(work.name) ?? 0) + 1))
        .catch((error: unknown) => {
          failures.push(`${work.name}: ${String(error)}`);
          console.error(`soak: ${work.name}:`, error);
        })
        .finally(() => running.delete(run));
      running.add(run);
    }
    await pause(workEveryMs);
    while (running.size >= workAtOnceMax) await Promise.race(running);
  }
  await Promise.all(running);
  const residentLines = resident.lines();
  await resident.end();
  const verified = await ground.home.run(['log', 'verify']);
  if (verified.status !== 0) failures.push(`log verify: ${verified.stderr}`);
  const settled = await settle(ground.home);
  console.log(`work done: ${[...done].map(([name, count]) => `${name} ${count}`).join(', ')}`);
  console.log(`the session that stayed wrote ${residentLines} lines; left at the end: ${JSON.stringify(settled)}`);
  const grew = report(samples);
  for (const failure of failures) console.error(`failed: ${failure}`);
  return failures.length === 0 && grew.length === 0;
}

/** The session that stays: asks, writes and speaks twice a second. */
async function startResident({ home, port }: SoakGround) {
  const started = await home.run(['supervisor', 'start']);
  if (started.status !== 0) throw new Error(started.stderr);
  const script = `n=0; while :; do n=$((n+1)); echo line $n; echo $n > resident; curl -sS -m 20 -o /dev/null http://127.0.0.1:${port}/; sleep 0.5; done`;
  const child = startGatehouse(
    ['run', '--grant', `net.connect:127.0.0.1:${port}`, '--for', '12h', '--', 'sh', '-c', script],
    {
      environment: home.environment,
      cwd: home.workspace,
    },
  );
  let lines = 0;
  child.stdout?.on('data', (bytes: Buffer) => {
    lines += bytes.toString('latin1').split('\n').length - 1;
  });
  child.stderr?.pipe(process.stderr);
  await eventually(() => lines > 0, { what: 'the resident session to speak' });
  const status = JSON.parse((await home.run(['sessions', '--json'])).stdout) as { id: string };
  const log = JSON.parse(
    (await home.run(['log', 'kind:session.started', '--session', status.id, '--json'])).stdout,
  ) as {
    detail: { pid: number };
  };
  return {
    pid: log.detail.pid,
    lines: () => lines,
    async end() {
      const closed = new Promise((resolve) => child.once('close', resolve));
      await home.run(['kill', '--all']);
      await closed;
    },
  };
}

async function takeSample(home: TempHome, residentPid: number): Promise<Sample> {
  const status = JSON.parse((await home.run(['supervisor', 'status', '--json'])).stdout) as {
    pid: number;
    egressPid: number;
    events: number;
  };
  const all = await descendantsOf(residentPid);
  const walls = [
    residentPid,
    ...all.filter(({ argv }) => /portcullis|bwrap/u.test(argv[0] ?? '')).map(({ pid }) => pid),
  ];
  const wallsPss = await Promise.all(walls.map((pid) => memoryOf(pid)));
  const wallsFiles = await Promise.all(walls.map(descriptorsOf));
  return {
    ...prefixed('supervisor', { ...(await memoryOf(status.pid)), ...(await countsOf(status.pid)) }),
    ...prefixed('egress', { ...(await memoryOf(status.egressPid)), ...(await countsOf(status.egressPid)) }),
    'walls.pss': wallsPss.reduce((sum, { pss }) => sum + pss, 0),
    'walls.descriptors': wallsFiles.reduce((sum, count) => sum + count, 0),
    'supervisor.children': (await descendantsOf(status.pid)).filter(({ parentPid }) => parentPid === status.pid).length,
    events: status.events,
    ...(await leftovers(home)),
  };
}

/** Files outside the record: what each session had must be gone with it. */
async function leftovers(home: TempHome) {
  const sizes: Record<string, number> = { 'state.files': 0, 'state.other': 0, 'record.bytes': 0 };
  for (const entry of await readdir(home.state, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() && !entry.isSocket()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const size = await stat(file).then(
      (facts) => facts.size,
      () => 0,
    );
    sizes['state.files'] = (sizes['state.files'] ?? 0) + 1;
    const kind = /audit/u.test(entry.name) ? 'record.bytes' : 'state.other';
    sizes[kind] = (sizes[kind] ?? 0) + size;
  }
  const shm = await readdir('/dev/shm').catch(() => []);
  return { ...sizes, 'workspace.files': (await readdir(home.workspace)).length, shm: shm.length };
}

async function memoryOf(pid: number): Promise<{ rss: number; pss: number; anonymous: number }> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '');
  const mebibytes = (name: string): number =>
    Number(new RegExp(`^${name}:\\s+(\\d+)`, 'mu').exec(text)?.[1] ?? 0) / 1024;
  return { rss: mebibytes('Rss'), pss: mebibytes('Pss'), anonymous: mebibytes('Pss_Anon') };
}

async function countsOf(pid: number): Promise<{ threads: number; descriptors: number }> {
  const threads = (await readdir(`/proc/${pid}/task`).catch(() => [])).length;
  return { threads, descriptors: await descriptorsOf(pid) };
}

async function descriptorsOf(pid: number): Promise<number> {
  return (await readdir(`/proc/${pid}/fd`).catch(() => [])).length;
}

function prefixed(name: string, values: Readonly<Record<string, number>>): Sample {
  return Object.fromEntries(Object.entries(values).map(([key, value]) => [`${name}.${key}`, value]));
}

/** What is left when every session is gone. */
async function settle(home: TempHome) {
  const status = JSON.parse((await home.run(['supervisor', 'status', '--json'])).stdout) as { pid: number };
  const below = await descendantsOf(status.pid);
  const own = await findProcess(status.pid);
  return {
    processesBelow: below.map(({ argv }) => path.basename(argv.at(-1) ?? argv[0] ?? '')),
    sessionFolders: await readdir(path.join(home.state, 'run/s')).catch(() => []),
    supervisor: own?.state,
    ...(await leftovers(home)),
  };
}

/** Prints a line for each thing looked at; returns what grew. */
function report(samples: readonly Sample[]): string[] {
  const from = (samples.at(-1)?.['minutes'] ?? 0) * warmUpShare;
  const judged = samples.filter((sample) => (sample['minutes'] ?? 0) >= from);
  const quarter = Math.max(1, Math.floor(judged.length / 4));
  const grew: string[] = [];
  console.log(`${samples.length} samples, ${judged.length} after the warm-up of ${rounded(from)} minutes`);
  console.log(
    '| what | first | first quarter, median | last quarter, median | slope per hour |\n| --- | --- | --- | --- | --- |',
  );
  for (const name of Object.keys(judged[0] ?? {})) {
    if (name === 'minutes') continue;
    const values = judged.map((sample) => sample[name] ?? 0);
    const hours = judged.map((sample) => (sample['minutes'] ?? 0) / 60);
    const slope = slopeOf(hours, values);
    const first = median(values.slice(0, quarter));
    const last = median(values.slice(-quarter));
    console.log(
      `| ${name} | ${rounded(samples[0]?.[name] ?? 0)} | ${rounded(first)} | ${rounded(last)} | ${rounded(slope)} |`,
    );
    if (/\.(?:anonymous|pss)$/u.test(name) && slope > slopeMax.value && last > first) grew.push(name);
    if (/\.(?:threads|descriptors|children)$|^shm$/u.test(name) && last > first + 2) grew.push(name);
  }
  if (grew.length > 0) console.log(`grew: ${grew.join(', ')} (bound ${slopeMax.value} ${slopeMax.unit})`);
  return grew;
}

/** Least squares. */
function slopeOf(xs: readonly number[], ys: readonly number[]): number {
  const meanX = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const meanY = ys.reduce((sum, y) => sum + y, 0) / ys.length;
  const above = xs.reduce((sum, x, index) => sum + (x - meanX) * ((ys[index] ?? 0) - meanY), 0);
  const below = xs.reduce((sum, x) => sum + (x - meanX) ** 2, 0);
  return below === 0 ? 0 : above / below;
}

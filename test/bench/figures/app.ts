import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { z } from 'zod';
import { type Display, openDisplay } from '../../helpers/app/desktop-app.ts';
import { parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import type { TempHome } from '../../helpers/temp-home.ts';
import { type BlockedCall, blockedCalls } from '../app/blocked-calls.ts';
import { mayDropCaches, measureStart, type Start, type StartKind } from '../app/cold-starts.ts';
import { restingMiB } from '../app/shell-memory.ts';
import { WatchedApp } from '../app/watched-app.ts';
import { XDisplay } from '../app/x-display.ts';
import type { Figure, Row } from '../figure.ts';
import type { Ground } from '../ground.ts';
import { median, percentile } from '../statistics.ts';

const warmStarts = 7;
/** Each reads a few hundred megabytes. */
const startsFromDisk = 3;
const calls = 40;
/** As the desktop starts it at login: no main window, and everything else. */
const backgroundWord = '--background';

const statusSchema = z.object({ pid: z.int() });

/** The desktop app itself, drawn by the real Chromium without a graphics card: how soon it is there, how soon it asks, what it holds. */
export const app: Figure = {
  name: 'app',
  title: 'The desktop app',
  async measure(ground) {
    const { home } = ground;
    const display = await openDisplay();
    const manager = await startWindowManager(home, display);
    try {
      // The first of all: Chromium makes its profile, the supervisor its log, V8 its caches.
      await measureStart(home, display, { supervised: false, fromDisk: false });
      const starts = await startRows(home, display);
      const asked = await callRows(ground, display, manager !== undefined);
      return [...starts, ...asked, ...(await memoryRows(ground, display))];
    } finally {
      manager?.kill();
      await display.close();
    }
  },
};

/** Of every desktop; where the machine has none, windows come up without a frame. */
async function startWindowManager(home: TempHome, display: Display): Promise<ChildProcess | undefined> {
  const manager = spawn('openbox', [], {
    env: { ...home.environment, DISPLAY: display.name },
    cwd: home.folder,
    stdio: 'ignore',
  });
  return await once(manager, 'spawn').then(
    () => manager,
    () => undefined,
  );
}

async function startRows(home: TempHome, display: Display): Promise<Row[]> {
  const kinds: readonly (readonly [what: string, kind: StartKind])[] = [
    ['start of the app → usable, a supervisor runs', { supervised: true, fromDisk: false }],
    ['the same, no supervisor runs', { supervised: false, fromDisk: false }],
    ...((await mayDropCaches())
      ? ([
          ['the same from disk, a supervisor runs', { supervised: true, fromDisk: true }],
          ['the same from disk, no supervisor runs', { supervised: false, fromDisk: true }],
        ] as const)
      : []),
  ];
  const rows: Row[] = [];
  for (const [what, kind] of kinds) {
    if (kind.supervised) await home.run(['supervisor', 'start']);
    const starts: Start[] = [];
    const count = kind.fromDisk ? startsFromDisk : warmStarts;
    for (let start = 0; start < count; start += 1) starts.push(await measureStart(home, display, kind));
    const of = (stage: keyof Start): number => median(starts.map((each) => each[stage]));
    rows.push({
      what,
      unit: 'ms',
      measured: of('usable'),
      runs: count,
      note: `Chromium stands at ${whole(of('loaded'))}, the page at ${whole(of('page'))}, the window at ${whole(of('shown'))} ms; at most ${whole(Math.max(...starts.map(({ usable }) => usable)))} ms`,
    });
  }
  return rows;
}

async function callRows({ home }: Ground, display: Display, isManaged: boolean): Promise<Row[]> {
  const screen = await XDisplay.open(display.name);
  const watched = await WatchedApp.start(home, display);
  try {
    await watched.mark(({ watch }) => watch === 'usable', 'usable window');
    return rowsOf(await blockedCalls({ home, app: watched, screen }, calls), isManaged);
  } finally {
    await watched.close();
    screen.close();
  }
}

async function memoryRows({ home }: Ground, display: Display): Promise<Row[]> {
  const row = (what: string, measured: number, note: string): Row => ({ what, unit: 'MiB', measured, runs: 1, note });
  const background = await WatchedApp.start(home, display, [backgroundWord]);
  let withoutWindow: number;
  try {
    await background.mark(({ url }) => url?.startsWith('approval:') === true, 'approval window');
    withoutWindow = await restingMiB(background.process.pid ?? 0);
  } finally {
    await background.close();
  }
  const watched = await WatchedApp.start(home, display);
  try {
    await watched.mark(({ watch }) => watch === 'usable', 'usable window');
    const shell = watched.process.pid ?? 0;
    const idle = await restingMiB(shell);
    const beside = await restingMiB(await supervisorPid(home));
    const { workspace: cwd, environment } = home;
    const session = startGatehouse(['run', '--', 'sleep', '3600'], { environment, cwd });
    const busy = await restingMiB(shell);
    await home.run(['kill', '--all']);
    if (session.exitCode === null) await once(session, 'exit');
    return [
      row('memory of the shell, no main window', withoutWindow, 'all its processes, Chromium’s included'),
      row('the same, main window open', idle, ''),
      row('the same, with a session in it', busy, 'its terminal is there'),
      row('supervisor and egress worker beside it', beside, ''),
    ];
  } finally {
    await watched.close();
  }
}

function rowsOf(blocked: readonly BlockedCall[], isManaged: boolean): Row[] {
  const of = (stage: keyof BlockedCall): number[] => blocked.map((each) => each[stage]);
  const visible = of('visible');
  const stages = [
    ['the supervisor has made a question of it', 'asked', 'relay, worker, decision'],
    ['it is on record, and the shell heard of it', 'heard', 'full sync, control socket'],
    ['the page has laid it out', 'laidOut', ''],
    ['the window is on the screen', 'mapped', 'as the X server says'],
  ] as const;
  return [
    {
      what: 'call is blocked → the question stands on the screen, 95 of 100',
      unit: 'ms',
      target: { at: 'most', value: 150 },
      measured: percentile(visible, 0.95),
      runs: visible.length,
      note: `half within ${whole(median(visible))} ms, all within ${whole(Math.max(...visible))} ms; ${isManaged ? 'with openbox' : 'without a window manager'}`,
    },
    ...stages.map(
      ([what, stage, note]): Row => ({
        what: `of that: ${what}`,
        unit: 'ms',
        measured: median(of(stage)),
        runs: visible.length,
        note: `${note === '' ? '' : `${note}; `}95 of 100 within ${whole(percentile(of(stage), 0.95))} ms`,
      }),
    ),
  ];
}

async function supervisorPid(home: TempHome): Promise<number> {
  const { stdout } = await home.run(['supervisor', 'status', '--json']);
  return statusSchema.parse(parseJsonLines(stdout)[0]).pid;
}

function whole(value: number): string {
  return String(Math.round(value));
}

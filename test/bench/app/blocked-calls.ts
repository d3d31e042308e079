import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { startGatehouse } from '../../helpers/gatehouse.ts';
import type { TempHome } from '../../helpers/temp-home.ts';
import { nowMs, type WatchedApp, wallOffsetMs } from './watched-app.ts';
import type { Piece, XDisplay } from './x-display.ts';

/** Fewer than a session may ask in a minute. */
const questionsPerSession = 10;
/** How often the screen is looked at, once the window is there, and for how long it must have stood still. */
const lookEveryMs = 2;
const stillMs = 300;
/** Longer than a denial by closing takes to count again. */
const betweenMs = 900;

/** What became of one call, from its program's first step; milliseconds. */
export interface BlockedCall {
  /** The supervisor made a question of it. */
  readonly asked: number;
  /** It was on record, and the shell heard of it. */
  readonly heard: number;
  /** The page has laid it out. */
  readonly laidOut: number;
  /** The X server put the window on the screen. */
  readonly mapped: number;
  /** The question’s own words stand on the screen, as pixels. */
  readonly visible: number;
}

/** Copied in by its text: the session sees its workspace and nothing of the bench. */
const askScript = path.join(import.meta.dirname, '../programs/ask.sh');

const answerSchema = z.object({ asked: z.number(), answered: z.number(), status: z.int() });

/** Blocks one call after the other, each for a host of its own, and looks at the screen. The first, which finds everything cold, is left out. */
export async function blockedCalls(
  { home, app, screen }: { readonly home: TempHome; readonly app: WatchedApp; readonly screen: XDisplay },
  count: number,
): Promise<BlockedCall[]> {
  const calls: BlockedCall[] = [];
  let program: Program | undefined;
  let place: { readonly window: number; readonly piece: Piece } | undefined;
  for (let number = 0; number <= count; number += 1) {
    if (number % questionsPerSession === 0) {
      await program?.end();
      program = await Program.start(home);
    }
    if (program === undefined) throw new Error('no program');
    const host = `host-${number}.example`;
    const sinceMs = nowMs();
    const shown = place === undefined ? undefined : drawnAt(screen, place);
    program.ask(host);
    const heard = await app.mark(({ object }) => object === host, 'question', sinceMs);
    const laidOut = await app.mark(({ watch }) => watch === 'drawn', 'drawn question', heard.atMs);
    await app.mark(({ watch }) => watch === 'raised', 'raised window', laidOut.atMs);
    const times = await shown;
    place ??= await placeOf(app, screen);
    await pause(betweenMs);
    app.command('deny');
    const { asked: sent } = await program.answer();
    await app.mark(({ watch }) => watch === 'nothing', 'end of the question', laidOut.atMs);
    if (times === undefined || heard.askedMs === undefined) continue;
    const [mapped, visible] = times;
    const sentMs = sent / 1000 - wallOffsetMs();
    const since = (atMs: number): number => atMs - sentMs;
    calls.push({
      asked: since(heard.askedMs),
      heard: since(heard.atMs),
      laidOut: since(laidOut.atMs),
      mapped: since(mapped),
      visible: since(visible),
    });
  }
  await program?.end();
  return calls;
}

/** The window's number with the X server, and where in it the words are that differ from question to question. */
async function placeOf(app: WatchedApp, screen: XDisplay): Promise<{ readonly window: number; readonly piece: Piece }> {
  await pause(stillMs);
  app.command('where');
  const { window, heading } = await app.mark(({ watch }) => watch === 'where', 'window');
  if (window === undefined || heading === undefined) throw new Error('the window did not say where it is');
  // Where no window manager does it.
  screen.raise(window);
  const [x, y, width, height] = [heading.x, heading.y, heading.width, heading.height].map(Math.round);
  return { window, piece: { x: x ?? 0, y: y ?? 0, width: width ?? 1, height: height ?? 1 } };
}

/** When the window came up, and since when the words look as they do at the end. */
function drawnAt(screen: XDisplay, { window, piece }: { readonly window: number; readonly piece: Piece }) {
  return new Promise<[mappedMs: number, visibleMs: number]>((resolve) => {
    // Where there is a window manager, what comes up is the frame that it put around the window.
    const end = screen.onMapped((_mapped, atNs) => {
      end();
      void (async () => {
        let last: Buffer | undefined;
        let sinceMs = nowMs();
        for (;;) {
          const askedMs = nowMs();
          const image = await screen.image(window, piece);
          if (image !== undefined && last?.equals(image) !== true) {
            last = image;
            sinceMs = nowMs();
          }
          if (last !== undefined && askedMs - sinceMs > stillMs) break;
          await pause(lookEveryMs);
        }
        resolve([Number(atNs) / 1e6, sinceMs]);
      })();
    });
  });
}

/** A program inside a session that does what it is told and is stopped at the wall. */
class Program {
  readonly #child: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(child: ChildProcess) {
    if (child.stdout === null) throw new Error('the program has no output');
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  }

  static async start({ workspace: cwd, environment }: TempHome): Promise<Program> {
    const program = new Program(
      startGatehouse(['run', '--ask', 'app', '--', 'bash', '-c', await readFile(askScript, 'utf8')], {
        cwd,
        environment,
      }),
    );
    await program.#lines.next();
    return program;
  }

  ask(host: string): void {
    this.#child.stdin?.write(`${host} 443\n`);
  }

  async answer(): Promise<z.output<typeof answerSchema>> {
    const { value } = await this.#lines.next();
    return answerSchema.parse(JSON.parse(String(value)));
  }

  async end(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.stdin?.end();
    await gone;
  }
}

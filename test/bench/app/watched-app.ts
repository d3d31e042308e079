import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { type Display, electronPath } from '../../helpers/app/desktop-app.ts';
import { distFolder } from '../../helpers/gatehouse.ts';
import type { TempHome } from '../../helpers/temp-home.ts';

/** What the program inside Electron prints (`programs/watch-app.cjs`). */
const markSchema = z.object({
  watch: z.string(),
  atNs: z.number(),
  startedMs: z.number().optional(),
  askedMs: z.number().optional(),
  pageMs: z.number().optional(),
  object: z.string().optional(),
  url: z.string().optional(),
  title: z.string().optional(),
  window: z.int().optional(),
  heading: z.object({ x: z.number(), y: z.number(), width: z.number(), height: z.number() }).optional(),
});

/** Something that happened in the shell. Times are milliseconds of the machine's monotonic clock. */
export type Mark = Omit<z.output<typeof markSchema>, 'atNs'> & { readonly atMs: number };

/** The monotonic clock, in milliseconds. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** The time of day less the monotonic clock, in milliseconds. */
export function wallOffsetMs(): number {
  return performance.timeOrigin + performance.now() - nowMs();
}

/** How long a mark may take. Only ends what hangs. */
const markMsMax = 60_000;

/** The desktop app as a desktop starts it, without anybody's debugger: it only also says when what happened. */
export class WatchedApp {
  readonly startedMs: number;
  readonly process: ChildProcess;
  readonly #marks: Mark[] = [];
  readonly #listeners = new Set<() => void>();
  readonly #gone: Promise<unknown>;
  #said = '';

  private constructor(startedMs: number, child: ChildProcess) {
    this.startedMs = startedMs;
    this.process = child;
    if (child.stdout === null || child.stderr === null) throw new Error('the app has no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (!line.startsWith('{"watch"')) return;
      const { atNs, ...mark } = markSchema.parse(JSON.parse(line));
      this.#marks.push({ ...mark, atMs: atNs / 1e6 });
      for (const listener of this.#listeners) listener();
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-2000);
    });
    this.#gone = new Promise((resolve) => child.once('exit', resolve));
  }

  static async start(home: TempHome, display: Display, more: readonly string[] = []): Promise<WatchedApp> {
    const state = path.join(home.state, 'state');
    await mkdir(state, { recursive: true, mode: 0o700 });
    await writeFile(path.join(state, 'windows.json'), JSON.stringify({ appearance: 'light', welcomed: true }));
    const isRoot = process.getuid?.() === 0;
    const watch = path.join(import.meta.dirname, '../programs/watch-app.cjs');
    const words = [
      '-r',
      watch,
      path.join(distFolder, 'app'),
      ...(isRoot ? ['--no-sandbox'] : []),
      '--disable-gpu',
      ...more,
    ];
    const startedMs = nowMs();
    const child = spawn(electronPath, words, {
      cwd: '/',
      env: { ...home.environment, DISPLAY: display.name, XDG_RUNTIME_DIR: home.state },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return new WatchedApp(startedMs, child);
  }

  /** The first mark after `sinceMs` that fits; waits for it. */
  async mark(fits: (mark: Mark) => boolean, what: string, sinceMs = 0): Promise<Mark> {
    const end = nowMs() + markMsMax;
    for (;;) {
      const found = this.#marks.find((mark) => mark.atMs >= sinceMs && fits(mark));
      if (found !== undefined) return found;
      if (nowMs() > end || this.process.exitCode !== null) throw new Error(`the app: no ${what}\n${this.#said}`);
      await this.#next();
    }
  }

  command(line: 'where' | 'deny'): void {
    this.process.stdin?.write(`${line}\n`);
  }

  async close(): Promise<void> {
    if (this.process.exitCode === null && this.process.signalCode === null) this.process.kill('SIGTERM');
    await this.#gone;
  }

  #next(): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, 1000);
      this.#listeners.add(done);
    });
  }
}

import { spawnSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { DesktopApp } from '../../helpers/app/desktop-app.ts';

/** A size that every screen is taken in. */
export interface PictureSize {
  readonly width: number;
  readonly height: number;
}

export const pictureSizes: readonly PictureSize[] = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
];

const schemes = ['light', 'dark'] as const;
/** Colours of a picture: flat grounds and text need no more. */
const colours = '128';
/** What is drawn late (charts, editors, checks) is there for the picture, in milliseconds. */
const restMs = 500;
const pictureBytesMax = 16 * 1024 * 1024;

/** Takes pictures of windows into one folder, in both schemes, and knows which it took. */
export class Camera {
  readonly #folder: string;
  readonly #taken = new Map<string, string[]>();

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The files of each name, in the order in which they were taken. */
  get taken(): ReadonlyMap<string, readonly string[]> {
    return this.#taken;
  }

  /** `name-light.png` and `name-dark.png`; with a size, its width is in the names. */
  async take(page: Page, name: string, width?: number): Promise<void> {
    for (const scheme of schemes) {
      await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
      await page.waitForTimeout(restMs);
      const file = `${name}-${scheme}${width === undefined ? '' : `-${width}`}.png`;
      await writeFile(path.join(this.#folder, file), small(await page.screenshot()));
      this.#taken.set(name, [...(this.#taken.get(name) ?? []), file]);
    }
  }
}

/** The picture with fewer colours, where `pngquant` is installed: a fourth of its size. */
function small(picture: Buffer): Buffer {
  const { status, stdout } = spawnSync('pngquant', ['--speed', '4', '--strip', '--nofs', colours, '-'], {
    input: picture,
    maxBuffer: pictureBytesMax,
  });
  return status === 0 ? stdout : picture;
}

/** Gives the main window's page this size. */
export async function resize(app: DesktopApp, size: PictureSize): Promise<void> {
  await app.electron.evaluate(({ BrowserWindow }, wanted) => {
    const main = BrowserWindow.getAllWindows().find((each) => each.getTitle() === 'Gatehouse');
    main?.setContentSize(wanted.width, wanted.height);
  }, size);
  await app.main.waitForFunction(`window.innerWidth === ${size.width} && window.innerHeight === ${size.height}`);
}

import { mkdir, mkdtemp, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import type { Canary } from './canaries.ts';
import { type Escape, expectLines } from './escape.ts';
import type { RunOptions, Walls } from './walls.ts';

/** Where one probe works: new for the control and new again for the attempt. */
export interface ProbePlace {
  readonly walls: Walls;
  /** A folder of the host outside the workspace, with a canary in the file `secret`. */
  readonly folder: string;
  readonly secret: Canary;
  /** A new folder in the workspace. */
  readonly own: string;
}

/** A probe that says one thing where it is allowed and another inside: most escape tests are that. */
export interface ProbeCase extends Pick<Escape, 'requirement' | 'guards'> {
  /** What the host needs beside the place itself. */
  arrange?(place: ProbePlace): Promise<void>;
  script(place: ProbePlace): string;
  /** What the probe prints where it is allowed. */
  allowed(place: ProbePlace): readonly string[];
  /** What it prints inside. */
  refused(place: ProbePlace): readonly string[];
  /** Options of the attempt. */
  run?(place: ProbePlace): RunOptions;
  /** Grants with which the control runs inside; absent: it runs bare on the host. */
  controlRun?(place: ProbePlace): RunOptions;
  /** More to see from outside than that the secret is neither known nor changed. */
  observe?(place: ProbePlace): Promise<void>;
  audit?: Escape['audit'];
}

/** Turns a probe case into the four parts. */
export function probeCase(probe: ProbeCase): Escape {
  let place: ProbePlace | undefined;
  const prepared = async (walls: Walls): Promise<ProbePlace> => {
    const made = await makePlace(walls);
    await probe.arrange?.(made);
    return made;
  };
  return {
    requirement: probe.requirement,
    ...(probe.guards === undefined ? {} : { guards: probe.guards }),
    ...(probe.audit === undefined ? {} : { audit: probe.audit }),
    async control(walls) {
      const there = await prepared(walls);
      const script = probe.script(there);
      const run =
        probe.controlRun === undefined ? await walls.outside(script) : await walls.run(script, probe.controlRun(there));
      expectLines(run, probe.allowed(there));
    },
    async attempt(walls) {
      place = await prepared(walls);
      const run = await walls.run(probe.script(place), probe.run?.(place));
      expectLines(run, probe.refused(place));
      return run;
    },
    async observe(_walls, run) {
      if (place === undefined) throw new Error('nothing was attempted');
      const { secret } = place;
      expect(run.stdout + run.stderr, 'the content of the private file').not.toContain(secret.text);
      expect(await readFile(secret.file, 'utf8'), 'the private file').toBe(`${secret.text}\n`);
      await probe.observe?.(place);
    },
  };
}

/** Makes a new place. */
export async function makePlace(walls: Walls): Promise<ProbePlace> {
  const { folder, secret } = await walls.privateFolder();
  await mkdir(walls.workspace, { recursive: true });
  const own = await mkdtemp(path.join(walls.workspace, 'own-'));
  return { walls, folder, secret, own };
}

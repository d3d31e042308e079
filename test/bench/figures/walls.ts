import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import type { Figure, Row } from '../figure.ts';
import { type Contestant, cacheFolder, type Ground, parseMeasured, root, timesSchema } from '../ground.ts';
import { alternate, median } from '../statistics.ts';

const execute = promisify(execFile);
const rounds = 5;
const fileRounds = 60;
/** Real work may take this many times as long as without walls, single calls as long as. Two digits: what can be told apart. */
const workTarget = 1.05;
const callTarget = 1.0;

/** Name, how often in one visit, and the command, in a clone of this repository. */
const jobs: readonly (readonly [string, number, readonly string[]])[] = [
  ['git status', 9, ['git', 'status', '--short']],
  ['ripgrep', 9, ['rg', '--no-config', '-c', 'export', '.']],
  ['grep -r', 5, ['grep', '-rc', 'export', 'main', 'test', 'preload']],
  ['tsc', 1, ['node_modules/.bin/tsc', '-p', 'tsconfig.json']],
  ['starting Node', 9, ['node_modules/.bin/node', '-e', '0']],
  ['npm ci, from packed files', 1, ['npm', 'ci', '--offline', '--no-audit', '--no-fund', '--prefix', 'bench-fixture']],
  [
    'a C build',
    1,
    ['sh', '-c', 'for f in main/adapters/sandbox/linux/portcullis/*.c; do cc -O1 -c $f -o bench.o; done'],
  ],
];

const callsSchema = z.object({ open: z.number(), stat: z.number(), read: z.number(), write: z.number() });

/** Work inside the walls, timed inside, so that the launch does not count. */
export const walls: Figure = {
  name: 'walls',
  title: 'Work inside the walls',
  async measure(ground) {
    const cwd = await cloneRepository(ground);
    const ways = (command: readonly string[]) => {
      const go = (contestant: Contestant) => () => contestant(['./bench-measure', ...command], { cwd });
      return { gatehouse: go(ground.gatehouse), peer: go(ground.peer), bare: go(ground.bare) };
    };
    const rows: Row[] = [];
    const calls = await alternate(rounds, ways(['files', cwd, String(fileRounds)]));
    for (const call of ['open', 'stat', 'read', 'write'] as const) {
      const of = (name: string): number =>
        median((calls[name] ?? []).map((text) => parseMeasured(text, callsSchema)[call])) / 1000;
      rows.push(ratioRow(call, 'µs', callTarget, of, rounds * fileRounds));
    }
    for (const [name, visits, command] of jobs) {
      await Promise.all(
        Object.values(ways(['run', '1', ...command]))
          .slice(2)
          .map((way) => way()),
      );
      const texts = await alternate(rounds, ways(['run', String(visits), ...command]));
      const of = (who: string): number =>
        median((texts[who] ?? []).map((text) => parseMeasured(text, timesSchema).p50)) / 1e6;
      rows.push(ratioRow(name, 'ms', workTarget, of, rounds * visits));
    }
    return rows;
  },
};

function ratioRow(what: string, unit: string, target: number, of: (name: string) => number, runs: number): Row {
  const [gatehouse, peer, bare] = [of('gatehouse'), of('peer'), of('bare')];
  const digits = (value: number): string => value.toPrecision(3);
  return {
    what,
    unit: '× bare',
    target: { at: 'most', value: target },
    measured: Number((gatehouse / bare).toFixed(2)),
    peer: Number((peer / bare).toFixed(2)),
    runs,
    note: `${digits(gatehouse)} ${unit}; peer ${digits(peer)}; bare ${digits(bare)}`,
  };
}

/** A clone with packages, and in it a project whose packages are packed files, so that `npm ci` needs no network. */
async function cloneRepository({ measureProgram }: Ground): Promise<string> {
  const clone = path.join(cacheFolder, 'repository');
  const fixture = path.join(clone, 'bench-fixture');
  if (!existsSync(path.join(fixture, 'package-lock.json'))) {
    await rm(clone, { recursive: true, force: true });
    await execute('git', ['clone', '--quiet', '--no-hardlinks', root, clone]);
    await cp(path.join(root, 'node_modules'), path.join(clone, 'node_modules'), {
      recursive: true,
      verbatimSymlinks: true,
    });
    await mkdir(fixture);
    const dependencies: Record<string, string> = {};
    for (const name of ['zod', 'commander', 'chokidar', 'readdirp', 'ipaddr.js']) {
      const source = path.join(root, 'node_modules', name);
      const { stdout } = await execute('npm', ['pack', '--silent', '--ignore-scripts', source], { cwd: fixture });
      dependencies[name] = `file:${stdout.trim()}`;
    }
    await writeFile(
      path.join(fixture, 'package.json'),
      JSON.stringify({ name: 'fixture', private: true, dependencies }),
    );
    await execute('npm', ['install', '--offline', '--no-audit', '--no-fund'], { cwd: fixture });
  }
  await copyFile(measureProgram, path.join(clone, 'bench-measure'));
  return clone;
}

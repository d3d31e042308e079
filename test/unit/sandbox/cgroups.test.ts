import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { Limits } from '#contract/session.ts';
import { cgroupMechanism } from '../../../main/adapters/sandbox/linux/cgroup-mechanism.ts';
import {
  type Controller,
  locateCgroup,
  parseCgroup2Mounts,
  parseOwnCgroup,
} from '../../../main/adapters/sandbox/linux/cgroup-place.ts';
import { tellsLimit, writeLimits } from '../../../main/adapters/sandbox/linux/session-cgroup.ts';

const hybrid = `31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw`;
const scope = '/user.slice/user-1000.slice/user@1000.service/app.slice/run-1.scope';

test.each([
  {
    what: 'the unified hierarchy alone',
    mounts: '30 23 0:26 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw,nsdelegate',
    own: scope,
    at: `/sys/fs/cgroup${scope}`,
  },
  { what: 'beside version 1, at its root', mounts: hybrid, own: '/', at: '/sys/fs/cgroup/unified' },
  {
    what: 'a mount of a part',
    mounts: '30 23 0:26 /user.slice /cg rw - cgroup2 cgroup2 rw',
    own: scope,
    at: `/cg${scope.slice(11)}`,
  },
  { what: 'a mount of exactly the own one', mounts: '30 23 0:26 /a /cg rw - cgroup2 cgroup2 rw', own: '/a', at: '/cg' },
  {
    what: 'a mount point with a space',
    mounts: '30 23 0:26 / /my\\040cg rw - cgroup2 cgroup2 rw',
    own: '/a',
    at: '/my cg/a',
  },
  { what: 'a mount of another part', mounts: '30 23 0:26 /ab /cg rw - cgroup2 cgroup2 rw', own: '/a', at: undefined },
  { what: 'version 1 only', mounts: '35 31 0:32 / /cg rw - cgroup cgroup rw,memory', own: '/', at: undefined },
])('[RUN-4] the own cgroup is found: $what', ({ mounts, own, at }) => {
  expect(locateCgroup(parseCgroup2Mounts(mounts), own)).toBe(at);
});

test.each([
  ['10:pids:/x\n0::/a/b\n', '/a/b'],
  ['0::/\n', '/'],
  ['10:pids:/x\n', undefined],
  ['0::/../other\n', undefined],
  ['0::/gone (deleted)\n', undefined],
])('[RUN-4] the own cgroup in %j', (text, own) => {
  expect(parseOwnCgroup(text)).toBe(own);
});

const memoryFiles = ['memory.max', 'memory.swap.max', 'memory.oom.group'];
const everything: Limits = { memoryBytes: 1_073_741_824, processes: 256, openFiles: 1024 };

interface Written {
  readonly what: string;
  readonly files: readonly string[];
  readonly offered: readonly Controller[];
  readonly limits: Limits;
  readonly held: readonly Controller[];
  readonly values: Readonly<Record<string, string>>;
  readonly refusals?: number;
}
const memoryValues = { 'memory.max': '1073741824', 'memory.swap.max': '0', 'memory.oom.group': '1' };
const cases: Written[] = [
  {
    what: 'both',
    files: [...memoryFiles, 'pids.max'],
    offered: ['memory', 'pids'],
    limits: everything,
    held: ['memory', 'pids'],
    values: { ...memoryValues, 'pids.max': '256' },
  },
  {
    what: 'memory alone',
    files: memoryFiles,
    offered: ['memory'],
    limits: everything,
    held: ['memory'],
    values: memoryValues,
  },
  {
    what: 'pids alone',
    files: ['pids.max'],
    offered: ['pids'],
    limits: everything,
    held: ['pids'],
    values: { 'pids.max': '256' },
  },
  {
    what: 'a kernel without swap',
    files: ['memory.max', 'memory.oom.group'],
    offered: ['memory'],
    limits: everything,
    held: ['memory'],
    values: { 'memory.max': '1073741824', 'memory.oom.group': '1' },
  },
  {
    what: 'no limit of memory',
    files: [...memoryFiles, 'pids.max'],
    offered: ['memory', 'pids'],
    limits: { processes: 8 },
    held: ['pids'],
    values: { 'memory.max': '', 'memory.swap.max': '', 'memory.oom.group': '', 'pids.max': '8' },
  },
  {
    what: 'a controller that is not there after all',
    files: ['pids.max'],
    offered: ['memory', 'pids'],
    limits: everything,
    held: ['pids'],
    values: { 'pids.max': '256' },
    refusals: 1,
  },
];

test.each(cases)('[RUN-4] what a cgroup is told: $what', ({ files, offered, limits, held, values, refusals = 0 }) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'gh-cgroup-'));
  try {
    for (const file of files) writeFileSync(path.join(folder, file), '');
    const refused: string[] = [];
    expect(writeLimits(folder, offered, limits, (why) => refused.push(why))).toEqual(held);
    const written = readdirSync(folder).map((file) => [file, readFileSync(path.join(folder, file), 'utf8')]);
    expect(Object.fromEntries(written)).toEqual(values);
    expect(refused).toHaveLength(refusals);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.each<[Controller, string, boolean]>([
  ['pids', 'max 0\n', false],
  ['pids', 'max 17\n', true],
  ['memory', 'low 0\nhigh 0\nmax 12\noom 0\noom_kill 0\noom_group_kill 0\n', false],
  ['memory', 'low 0\nhigh 0\nmax 12\noom 3\noom_kill 5\noom_group_kill 1\n', true],
  // The machine was short of memory, not the session over its limit.
  ['memory', 'low 0\nhigh 0\nmax 0\noom 0\noom_kill 1\noom_group_kill 1\n', false],
])('[RUN-4] %s: %j', (controller, events, reached) => {
  expect(tellsLimit(controller, events)).toBe(reached);
});

test.each<[readonly Controller[], string, RegExp]>([
  [
    ['memory', 'pids'],
    'ok',
    /Memory: held for the session as a whole by a cgroup\. Processes: held for the session by a cgroup/,
  ],
  [
    ['memory'],
    'limited',
    /Memory: held for the session as a whole by a cgroup\. Processes: held for the session by a resource limit/,
  ],
  [['pids'], 'limited', /Memory: held by resource limits.*Processes: held for the session by a cgroup/],
])('[RUN-4] doctor says which limit is held by what: %j', (controllers, state, detail) => {
  const found = cgroupMechanism({ folder: '/cg', kind: 'own', controllers });
  expect(found).toMatchObject({ id: 'cgroup-limits', state, detail: expect.stringMatching(detail) });
});

test('[RUN-4] doctor says why there is no cgroup, and what lately went wrong', () => {
  expect(cgroupMechanism({ why: 'Nothing is delegated.' })).toMatchObject({
    state: 'limited',
    detail: expect.stringMatching(
      /Memory: held by resource limits.*Processes: held.*resource limit.*Nothing is delegated/,
    ),
  });
  const troubled = cgroupMechanism({ folder: '/cg', kind: 'own', controllers: ['memory', 'pids'] }, 'it broke');
  expect(troubled).toMatchObject({ state: 'limited', detail: expect.stringContaining('Lately it broke') });
});

import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type DoctorEntry, doctorEntrySchema, mechanisms } from '#contract/mechanisms.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

const isRoot = process.getuid?.() === 0;

/** Only another platform has it; only root is asked for the other. */
const all = Object.keys(mechanisms).filter((id) => id !== 'platform' && (isRoot || id !== 'idmap'));
const needSupervisor = [
  'default-limits', 'egress-worker', 'policies', 'identities', 'presets', 'clock', 'audit-log', 'keystore', 'checkpoint-signing', 'witness', 'sqlite',
]; // biome-ignore format: one list

describe('[PLT] doctor', () => {
  let home: TempHome;
  beforeAll(async () => {
    home = await openTempHome();
  });
  afterAll(() => home.close());

  async function entries(): Promise<DoctorEntry[]> {
    const finished = await home.run(['doctor', '--json']);
    expect(finished).toMatchObject({ status: 0, stderr: '' });
    return parseJsonLines(finished.stdout).map((entry) => doctorEntrySchema.strict().parse(entry));
  }

  test('tells of every mechanism it knows, each once, without a supervisor and with one', async () => {
    const without = (await entries()).map(({ id }) => id);
    expect(without.sort()).toEqual(all.filter((id) => !needSupervisor.includes(id)).sort());
    await home.run(['supervisor', 'start']);
    const within = (await entries()).map(({ id }) => id);
    expect(within.sort()).toEqual([...all].sort());
  });

  test('begins with the worst and ends with one sentence', async () => {
    const order = ['missing', 'limited', 'ok', 'unused'];
    const groups = Map.groupBy(await entries(), ({ group }) => group);
    for (const group of groups.values()) {
      const ranks = group.map(({ state }) => order.indexOf(state));
      expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    }
    const { stdout } = await home.run(['doctor']);
    expect(stdout.trimEnd().split('\n').at(-1)).toMatch(
      /^(?:\d+ limited: everything works, |Everything Gatehouse needs)/u,
    );
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('what is not well says what to do, unless nothing can be done', async () => {
    for (const { id, state, remedy } of await entries()) {
      // Without systemd only an administrator can delegate a cgroup, and nothing general can be said.
      if (state === 'limited' && id !== 'cgroup-limits') expect([id, remedy]).toEqual([id, expect.any(String)]);
    }
  });

  test('the document has one line for each mechanism, in the same order', async () => {
    const document = await readFile(path.join(import.meta.dirname, '../../../docs/doctor.md'), 'utf8');
    const [, table = ''] = document.split(/^## .*$/mu);
    const rows = [...table.matchAll(/^\| `([a-z-]+)` \|/gmu)].map(([, id]) => id);
    expect(rows).toEqual(Object.keys(mechanisms));
  });
});

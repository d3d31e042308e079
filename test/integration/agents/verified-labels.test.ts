import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { auditEventSchema } from '#contract/audit.ts';
import { putScript } from '../../helpers/agents/temp-folders.ts';
import { parseJsonLines } from '../../helpers/gatehouse.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

describe('[RUN-2] a preset that nobody tried', () => {
  let place: TempHome;
  let environment: Readonly<Record<string, string>>;
  beforeAll(async () => {
    place = await openTempHome();
    const bin = path.join(place.home, 'bin');
    for (const name of ['goose', 'claude', 'make-like']) await putScript(path.join(bin, name));
    environment = { ...place.environment, PATH: `${bin}:${place.environment['PATH'] ?? ''}` };
  });
  afterAll(() => place.close());

  it('is called unverified by doctor and start, and one that was tried is not', async () => {
    for (const command of ['doctor', 'start']) {
      const { stdout } = await place.run([command], { environment });
      expect(stdout).toMatch(/^ {2}goose\s.*\bunverified$/mu);
      expect(stdout).toMatch(/^ {2}Claude Code\s.*\btried with \S+ on \d{4}-\d\d-\d\d$/mu);
    }
  });

  it('is called unverified when a session begins, and in the record', async () => {
    for (const [name, notice] of [
      ['goose', 'goose is unverified'],
      ['claude', ''],
      ['make-like', ''],
    ] as const) {
      const finished = await place.run(['run', '--', name], { environment });
      expect(finished).toMatchObject({ status: 0, stdout: 'hello\n' });
      if (notice === '') expect(finished.stderr).not.toContain('unverified');
      else expect(finished.stderr).toContain(notice);
    }
    const listed = await place.run(['log', '--json', '--limit', '1000']);
    const starting = parseJsonLines(listed.stdout)
      .map((line) => auditEventSchema.parse(line))
      .filter((event) => event.kind === 'session.starting')
      .map(({ detail }) => [detail['preset'], typeof detail['presetVerified']]);
    expect(starting).toEqual([
      ['goose', 'object'],
      ['claude-code', 'string'],
      ['generic', 'object'],
    ]);
  });
});

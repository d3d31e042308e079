import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { type AuditEvent, auditEventSchema } from '#contract/audit.ts';
import { distFolder, parseJsonLines } from '../../helpers/gatehouse.ts';
import { escapeTests } from '../harness/escape.ts';
import type { Walls, WallsRun } from '../harness/walls.ts';

const escapeTest = escapeTests();

const bubblewrap = ['/usr/bin/bwrap', '/usr/local/bin/bwrap', '/bin/bwrap'].filter((place) => existsSync(place));
const cli = path.join(distFolder, 'gatehouse.js');

/** A host that lacks something: the same file tree in a mount namespace of its own, with one thing changed. */
interface Lack {
  readonly what: string;
  /** Arguments of the bubblewrap that stands for the host. */
  readonly host: readonly string[];
  /** What the person is told. */
  readonly told: RegExp;
}

const lacks: readonly Lack[] = [
  {
    what: 'bubblewrap cannot be executed',
    host: bubblewrap.flatMap((place) => ['--ro-bind', '/dev/null', place]),
    told: /bubblewrap[\s\S]*(?:apt-get|[Ii]nstall)/u,
  },
  {
    what: 'portcullis is missing',
    host: ['--ro-bind', '/dev/null', path.join(distFolder, 'portcullis')],
    told: /portcullis/u,
  },
  {
    what: 'user namespaces are switched off',
    host: ['--unshare-user', '--disable-userns'],
    told: /namespace/u,
  },
];

for (const { what, host, told } of lacks) {
  let state: string;
  /** Runs the CLI on the host with the lack; absent `lack` it is the control. */
  const onHost = async (walls: Walls, changes: readonly string[], ...args: readonly string[]): Promise<WallsRun> =>
    walls.outside(['bwrap', '--dev-bind', '/', '/', ...changes, '--', process.execPath, cli, ...args], {
      environment: { GATEHOUSE_HOME: state },
    });
  const made = (walls: Walls): string => path.join(walls.workspace, 'made');

  escapeTest(`nothing runs when ${what}`, {
    requirement: '[GRT-1]',
    async control(walls) {
      state = path.join(walls.folder, 'whole');
      const run = await onHost(walls, [], 'run', '--', 'sh', '-c', 'echo ran');
      await onHost(walls, [], 'supervisor', 'stop', '--force');
      expect([run.status, run.stdout], run.stderr).toEqual([0, 'ran\n']);
    },
    async attempt(walls) {
      state = path.join(walls.folder, `lacks-${lacks.findIndex((lack) => lack.what === what)}`);
      const run = await onHost(walls, host, 'run', '--', 'sh', '-c', 'echo ran; echo made > made');
      const log = await onHost(walls, host, 'log', '--json');
      await onHost(walls, host, 'supervisor', 'stop', '--force');
      expect([run.status, run.stdout]).toEqual([125, '']);
      expect(run.stderr).toMatch(told);
      return { ...run, events: parseJsonLines(log.stdout).map((line): AuditEvent => auditEventSchema.parse(line)) };
    },
    async observe(walls) {
      expect(existsSync(made(walls))).toBe(false);
    },
    audit(_walls, run) {
      const kinds = run.events.map(({ kind }) => kind);
      expect(kinds).not.toContain('session.started');
      expect(
        kinds.some((kind) => kind === 'session.refused' || kind === 'session.ended'),
        kinds.join(' '),
      ).toBe(true);
    },
  });
}

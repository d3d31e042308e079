import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { DoctorEntry } from '#contract/mechanisms.ts';
import { distFolder, parseJsonLines, runCommand } from '../../helpers/gatehouse.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { answerWith, type callNumbers, unknownCall } from './answer-with.ts';

const cli = path.join(distFolder, 'gatehouse.js');
const notPermitted = 1;

const lacks = [
  { call: 'open_tree', errno: unknownCall, id: 'staging', remedy: 'kernel 5.12' },
  { call: 'mount_setattr', errno: notPermitted, id: 'staging', remedy: 'the right to mount' },
  { call: 'seccomp', errno: unknownCall, id: 'seccomp', remedy: 'CONFIG_SECCOMP_FILTER' },
  { call: 'pidfd_open', errno: unknownCall, id: 'pidfd', remedy: 'kernel 5.3' },
] as const satisfies readonly { call: keyof typeof callNumbers; errno: number; id: string; remedy: string }[];

describe('a kernel that lacks something', () => {
  let home: TempHome;
  beforeAll(async () => {
    home = await openTempHome();
  });
  afterAll(() => home.close());

  /** Runs the CLI where one system call answers an error, as on a kernel or in a container that lacks it. */
  async function onHost({ call, errno }: (typeof lacks)[number], words: string) {
    const filter = path.join(home.folder, 'filter');
    await writeFile(filter, answerWith(errno, [call]));
    const script = `exec bwrap --dev-bind / / --seccomp 9 -- "$0" "$1" ${words} 9<"$2"`;
    const options = { environment: home.environment, cwd: home.workspace };
    return runCommand('sh', ['-c', script, process.execPath, cli, filter], options);
  }

  test.each(lacks)('[PLT] $call answers error $errno: doctor names $id and what to do', async (lack) => {
    const doctor = await onHost(lack, 'doctor --json');
    expect(doctor.status, doctor.stderr).toBe(1);
    const found = (parseJsonLines(doctor.stdout) as DoctorEntry[]).find(({ id }) => id === lack.id);
    expect(found).toMatchObject({ state: 'missing', remedy: expect.stringContaining(lack.remedy) });
  });

  test('[PLT] [GRT-1] nothing runs where one is missing', async () => {
    const run = await onHost(lacks[1], 'run -- touch ran');
    expect(run.status).toBe(125);
    expect(run.stderr).toContain('Sessions cannot be started on this machine.');
    expect(run.stderr).toContain(lacks[1].remedy);
    expect(await readdir(home.workspace)).toEqual([]);
    await onHost(lacks[1], 'supervisor stop --force');
  });

  test('[PLT] a kernel that is too old is refused by its version', async () => {
    // A personality of the kernel's own, which makes it call itself 2.6.
    const words = ['--uname-2.6', process.execPath, cli, 'doctor', '--json'];
    const { status, stdout } = await runCommand('setarch', words, {
      environment: home.environment,
      cwd: home.workspace,
    });
    expect(status).toBe(1);
    const found = (parseJsonLines(stdout) as DoctorEntry[]).find(({ id }) => id === 'kernel');
    expect(found).toMatchObject({ state: 'missing', detail: expect.stringContaining('5.12 or newer is needed') });
  });
});

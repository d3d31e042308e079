import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { distFolder } from '../../helpers/gatehouse.ts';
import { type Canary, newCanaryText } from '../harness/canaries.ts';
import { escapeTests, expectHeldInSilence, expectLines } from '../harness/escape.ts';
import { findInhabitants } from '../harness/survivors.ts';

const escapeTest = escapeTests();

const secret = newCanaryText();
/** Among them one that looks like a login, and one that a program inside would act on. */
const environment = { ESCAPE_CANARY: secret, AWS_SECRET_ACCESS_KEY: secret, LD_PRELOAD_CANARY: secret };

// First in its file: this run starts the supervisor, whose environment the walls must not hand on either.
escapeTest('the caller’s environment, in nobody’s /proc/N/environ', {
  requirement: '[GRT-1]',
  guards: ['clear-environment'],
  async control(walls) {
    const { stdout } = await walls.outside('cat /proc/self/environ', { environment });
    expect(stdout.split(secret)).toHaveLength(4);
  },
  async attempt(walls) {
    const run = await walls.run('env; cat /proc/[0-9]*/environ /proc/[0-9]*/task/*/environ 2>/dev/null', {
      environment,
    });
    expect(run.stdout).toContain('GATEHOUSE_SESSION=');
    expect(run.stdout).not.toContain(secret);
    // The supervisor's own environment is another one: it names the state folder.
    expect(run.stdout).not.toContain(walls.state);
    return run;
  },
  async observe(walls) {
    const ongoing = walls.start('echo here; read line', { environment });
    await ongoing.said('here');
    const pids = await findInhabitants(walls.folder);
    // As an ordinary user those that are not dumpable cannot be read, not even by their owner.
    const environs = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')));
    ongoing.child.stdin?.end('\n');
    await ongoing.ended;
    expect(pids.length).toBeGreaterThan(1);
    expect(environs.some((environ) => environ.includes('GATEHOUSE_SESSION='))).toBe(true);
    expect(environs.filter((environ) => environ.includes(secret) || environ.includes(walls.state))).toEqual([]);
  },
});

let canary: Canary;
escapeTest('descriptors that the caller left open', {
  requirement: '[GRT-1]',
  async prepare(walls) {
    canary = (await walls.privateFolder()).secret;
    // The supervisor itself is started with one: `walls.run` above already did so without, hence anew.
    const cli = [process.execPath, path.join(distFolder, 'gatehouse.js')].map((part) => `'${part}'`).join(' ');
    await walls.outside(
      `${cli} supervisor stop --force >/dev/null; exec 8<${canary.file} 9<${walls.home}; ${cli} run -- true`,
    );
  },
  async control(walls) {
    expect((await walls.outside(`exec 8<${canary.file} 9<${walls.home}; ./probe fds`)).stdout).toMatch(/ 8 9\b/u);
    expect((await walls.outside(`exec 8<${canary.file}; cat <&8`)).stdout).toContain(canary.text);
  },
  async attempt(walls) {
    const run = await walls.run(
      './probe fds; cat <&8; ls /proc/self/fd/9/.ssh; for n in 3 4 5 8 9; do cat /proc/self/fd/$n; done; exit 0',
    );
    expectLines(run, ['fds: OK 0 1 2']);
    return run;
  },
  async observe(_walls, run) {
    expect(run.stdout + run.stderr).not.toContain(canary.text);
  },
  audit: (_walls, run) => expectHeldInSilence(run),
});

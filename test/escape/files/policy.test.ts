import { mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { escapeTests, expectRefused, expectSessionRecord } from '../harness/escape.ts';
import type { Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

async function shipPolicy(walls: Walls, text: string): Promise<void> {
  const folder = path.join(walls.workspace, '.gatehouse');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder);
  await writeFile(path.join(folder, 'policy.cedar'), text);
}

const permits: readonly [string, string][] = [
  ['everything', 'permit (principal, action, resource);'],
  ['the keys', '@id("k") permit (principal, action == Action::"file.read", resource in Path::"$HOME/.ssh");'],
];
for (const [what, text] of permits) {
  escapeTest(`a repository's policy that permits ${what}`, {
    requirement: '[GRT-6]',
    async control(walls) {
      await shipPolicy(
        walls,
        text.replace('permit', 'forbid').replace('principal, action, ', 'principal, action == Action::"net.connect", '),
      );
      expect((await walls.run('echo started')).stdout).toBe('started\n');
    },
    async attempt(walls) {
      await shipPolicy(walls, text);
      const run = await walls.run('echo started');
      expect(run.stdout).toBe('');
      expect(run.stderr).toMatch(/can only restrict/u);
      return run;
    },
    async observe(walls) {
      await rm(path.join(walls.workspace, '.gatehouse'), { recursive: true });
    },
    audit: (_walls, run) => expectRefused(run, /restrict/u),
  });
}

escapeTest("a repository's policy behind a link, which the repository does not hold itself", {
  requirement: '[GRT-6]',
  async control(walls) {
    await shipPolicy(walls, '// nothing to say\n');
    expect((await walls.run('echo started')).stdout).toBe('started\n');
  },
  async attempt(walls) {
    const { folder } = await walls.privateFolder();
    await writeFile(path.join(folder, 'policy.cedar'), '// nothing to say\n');
    await rm(path.join(walls.workspace, '.gatehouse'), { recursive: true });
    await symlink(folder, path.join(walls.workspace, '.gatehouse'));
    const run = await walls.run('echo started');
    expect(run.stdout).toBe('');
    return run;
  },
  async observe(walls) {
    await rm(path.join(walls.workspace, '.gatehouse'));
  },
  audit: (_walls, run) => expectRefused(run, /link/u),
});

escapeTest("what a repository's policy forbids, and the policy itself", {
  requirement: '[GRT-6]',
  guards: ['hidden-binds'],
  async prepare(walls) {
    for (const name of ['vault', 'frozen']) {
      await mkdir(path.join(walls.workspace, name), { recursive: true });
      await writeFile(path.join(walls.workspace, name, 'file'), `${name} content\n`);
    }
  },
  async control(walls) {
    const run = await walls.run('cat vault/file; echo more >> frozen/file && cat frozen/file');
    expect(run.stdout).toBe('vault content\nfrozen content\nmore\n');
    await writeFile(path.join(walls.workspace, 'frozen/file'), 'frozen content\n');
  },
  async attempt(walls) {
    await shipPolicy(
      walls,
      `@id("vault") forbid (principal, action == Action::"file.read", resource in Path::"$WORKSPACE/vault");
       @id("frozen") forbid (principal, action == Action::"file.write", resource in Path::"$WORKSPACE/frozen");`,
    );
    const run = await walls.run(
      './probe read vault/file; ./probe write frozen/file more; ./probe rename frozen melted; ./probe rename vault opened; ./probe write .gatehouse/policy.cedar x; ./probe rename .gatehouse gone',
    );
    expect(run.stdout).toBe('read: EACCES\nwrite: EROFS\nrename: EBUSY\nrename: EBUSY\nwrite: EROFS\nrename: EBUSY\n');
    return run;
  },
  async observe(walls) {
    const { stdout } = await walls.outside('cat frozen/file vault/file; rm -r .gatehouse frozen vault');
    expect(stdout).toBe('frozen content\nvault content\n');
  },
  audit(_walls, run) {
    const starting = expectSessionRecord(run);
    expect(starting.detail['mounts']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ mode: 'hidden', reason: expect.stringContaining('repository/policy.cedar#vault') }),
        expect.objectContaining({
          mode: 'read-only',
          reason: expect.stringContaining('repository/policy.cedar#frozen'),
        }),
      ]),
    );
  },
});

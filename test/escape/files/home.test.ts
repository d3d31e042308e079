import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { plantCanary } from '../harness/canaries.ts';
import { escapeTests } from '../harness/escape.ts';
import { makePlace, probeCase } from '../harness/probe-case.ts';

const escapeTest = escapeTests();

escapeTest('every private file of the home, by its absolute path', {
  requirement: '[GRT-1]',
  guards: ['private-home'],
  async control(walls) {
    const { stdout } = await walls.outside(walls.canaries.map(({ file }) => `./probe read ${file}`).join('\n'));
    expect(walls.canaries.filter(({ text }) => !stdout.includes(text))).toEqual([]);
  },
  async attempt(walls) {
    const run = await walls.run(
      walls.canaries.map(({ file }) => `printf '%s %s\\n' ${file} "$(./probe read ${file})"`).join('\n'),
    );
    // The one file of that name in the private home is generated: the person's name and mail, nothing else of theirs.
    const seen = run.stdout.split('\n').filter((line) => !line.endsWith(' read: ENOENT') && line !== '');
    expect(seen).toEqual([expect.stringMatching(/\/\.gitconfig read: OK/u)]);
    return run;
  },
  async observe() {},
});

escapeTest('listing and searching the home, and writing into its start-up files', {
  requirement: '[GRT-1]',
  guards: ['private-home'],
  async control(walls) {
    const run = await walls.outside('ls -A ~; grep -rl canary ~ | wc -l');
    expect(run.stdout).toContain('.ssh\n');
    expect(run.stdout).toMatch(/^[1-9]\d*$/mu);
  },
  async attempt(walls) {
    const run = await walls.run(
      `ls -A ~ | grep -v -e project -e gitconfig; grep -rl canary ~; for f in .bashrc .profile .zshrc .ssh/authorized_keys; do
         mkdir -p ~/.ssh; echo evil >> ~/$f; done; echo done`,
    );
    expect(run.stdout).toBe('done\n');
    return run;
  },
  async observe(walls) {
    expect(await readFile(path.join(walls.home, '.bashrc'), 'utf8')).not.toContain('evil');
    expect(await readFile(path.join(walls.home, '.ssh/authorized_keys'), 'utf8')).not.toContain('evil');
  },
});

/** The private home keeps what an agent wrote for its next session, and for nobody else. */
const otherHomes: readonly [string, (other: string) => { options?: string[]; workspace?: string; cwd?: string }][] = [
  ['another agent', () => ({ options: ['--agent', 'other-agent'] })],
  ['the same agent in another workspace', (other) => ({ workspace: other, cwd: other })],
];
for (const [who, departure] of otherHomes) {
  escapeTest(`what an agent keeps in its home, as ${who}`, {
    requirement: '[GRT-1]',
    guards: ['private-home'],
    async control(walls) {
      await walls.run('echo kept > ~/kept');
      expect((await walls.run('cat ~/kept')).stdout).toBe('kept\n');
    },
    async attempt(walls) {
      const other = path.join(walls.folder, 'elsewhere');
      await mkdir(other, { recursive: true });
      const run = await walls.run(`cat ~/kept; ls ~; cat ${walls.state}/state/homes/*/*/kept`, departure(other));
      expect(run.stdout).not.toContain('kept');
      expect(run.status).not.toBe(0);
      return run;
    },
    async observe(walls) {
      expect(await readdir(walls.home)).not.toContain('kept');
    },
  });
}

const login = '.local/share/opencode/auth.json';
escapeTest('the login of another agent, which that agent has in every workspace', {
  requirement: '[GRT-1]',
  guards: ['private-home'],
  async control(walls) {
    const other = path.join(walls.folder, 'elsewhere');
    await mkdir(other, { recursive: true });
    const options = ['--agent', 'opencode'];
    await walls.run(`mkdir -p ~/.local/share/opencode; echo '{"token":"signed-in"}' > ~/${login}`, { options });
    const elsewhere = await walls.run(`cat ~/${login}`, { options, workspace: other, cwd: other });
    expect(elsewhere.stdout).toContain('signed-in');
  },
  async attempt(walls) {
    const places = [`~/${login}`, `${walls.home}/${login}`, `${walls.state}/state/homes/*/login/${login}`];
    const run = await walls.run(`cat ${places.join(' ')}; grep -rs signed-in ~ ${walls.state} /run /tmp`, {
      options: ['--agent', 'qwen-code'],
    });
    expect(run.stdout).not.toContain('signed-in');
    expect(run.status).not.toBe(0);
    return run;
  },
  async observe(walls) {
    const kept = await readFile(path.join(walls.state, 'state/homes/opencode/login', login), 'utf8');
    expect(kept).toContain('signed-in');
  },
});

escapeTest('a private file that appears after the session began', {
  requirement: '[GRT-1]',
  guards: ['private-tmp'],
  async control(walls) {
    const { folder } = await walls.privateFolder();
    await writeFile(path.join(folder, 'late'), 'late\n');
    expect((await walls.outside(`./probe read ${folder}/late`)).stdout).toBe('read: OK late\n');
  },
  async attempt(walls) {
    const { folder, own } = await makePlace(walls);
    const going = walls.start(
      `echo waiting; read go; ./probe read ${walls.home}/.late; ./probe read ${folder}/late; ./probe read ${own}/here`,
    );
    await going.said('waiting');
    const late = [await plantCanary(path.join(walls.home, '.late')), await plantCanary(path.join(folder, 'late'))];
    // What appears in the workspace is seen at once: the probe looks after the file came.
    await writeFile(path.join(own, 'here'), 'here\n');
    going.child.stdin?.end('go\n');
    const run = await going.ended;
    expect(run.stdout).toBe('waiting\nread: ENOENT\nread: ENOENT\nread: OK here\n');
    for (const { text } of late) expect(run.stdout).not.toContain(text);
    return run;
  },
  async observe() {},
});

escapeTest(
  'the keys inside a granted folder stay masked',
  probeCase({
    requirement: '[GRT-1]',
    guards: ['hidden-binds'],
    script: ({ walls }) =>
      ['gh/hosts.yml', 'gcloud/application_default_credentials.json', 'notes']
        .map((name) => `./probe open-read ${walls.home}/.config/${name}`)
        .join('; '),
    arrange: async ({ walls }) => await writeFile(path.join(walls.home, '.config/notes'), 'fine\n'),
    run: ({ walls }) => ({ grants: [`file.read:${walls.home}/.config`] }),
    allowed: () => ['open-read: OK', 'open-read: OK', 'open-read: OK'],
    refused: () => ['open-read: EACCES', 'open-read: EACCES', 'open-read: OK'],
    audit(_walls, run) {
      const starting = run.events.find(({ kind }) => kind === 'session.starting');
      expect(starting?.detail['mounts']).toContainEqual(
        expect.objectContaining({ mode: 'hidden', path: expect.stringMatching(/\.config\/gh$/u) }),
      );
    },
  }),
);

const openUp = (masked: string) =>
  `./probe chmod ${masked} 755; ./probe create ${masked}/x; ./probe unlink ${masked}/hosts.yml; ./probe rename ${masked} ${masked}.old; ./probe list ${masked}`;

escapeTest('a masked folder in a granted writable one is neither opened up, filled, emptied nor moved away', {
  requirement: '[GRT-1]',
  guards: ['hidden-binds'],
  async control(walls) {
    const { own } = await makePlace(walls);
    await mkdir(path.join(own, 'gh'));
    await writeFile(path.join(own, 'gh/hosts.yml'), 'x');
    const run = await walls.run(openUp(`${own}/gh`));
    expect(run.stdout).toBe('chmod: OK\ncreate: OK\nunlink: OK\nrename: OK\nlist: ENOENT\n');
  },
  async attempt(walls) {
    // A folder of its own: without the guard it is really changed.
    const made = await plantCanary(path.join(walls.home, '.config/glab-cli/hosts.yml'));
    const run = await walls.run(openUp(path.dirname(made.file)), { grants: [`file.write:${walls.home}/.config`] });
    expect(run.stdout).toBe('chmod: EROFS\ncreate: EACCES\nunlink: EACCES\nrename: EBUSY\nlist: EACCES\n');
    return run;
  },
  async observe(walls) {
    expect(await readdir(path.join(walls.home, '.config/glab-cli'))).toEqual(['hosts.yml']);
  },
  audit(_walls, run) {
    const mounts = run.events.find(({ kind }) => kind === 'session.starting')?.detail['mounts'];
    expect(mounts).toContainEqual(
      expect.objectContaining({ mode: 'hidden', path: expect.stringMatching(/\.config\/glab-cli$/u) }),
    );
  },
});

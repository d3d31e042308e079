import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Attempt, changes, reads, says } from '../attempt.ts';
import type { Target } from '../planted-host.ts';

const isRoot = process.getuid?.() === 0;
const key = ({ home }: Target) => `${home}/.ssh/id_ed25519`;
const python = (code: string) => `python3 -c '${code}'`;

const byPath = [
  ['the SSH key', '.ssh/id_ed25519'],
  ['cloud credentials', '.aws/credentials'],
  ['a browser’s stored logins', '.mozilla/firefox/x.default/logins.json'],
  ['a keyring file', '.local/share/keyrings/login.keyring'],
  ['the shell’s history', '.bash_history'],
  ['another agent’s login', '.claude/.credentials.json'],
  ['a registry token', '.npmrc'],
  ['another project’s secret', 'other-project/secret.txt'],
] as const;

/** The person's files by every way to their names and bytes. */
const reading: readonly Attempt[] = [
  ...byPath.map(([what, name]) => reads('files', `read ${what} by its path`, ({ home }) => `cat '${home}/${name}'`)),
  reads(
    'files',
    'search the whole home for secrets',
    ({ home }) => `grep -rh canary '${home}' --exclude-dir=project | head -50`,
  ),
  reads('files', 'a symbolic link in the workspace that leads to a key', (t) => `ln -s '${key(t)}' f-link; cat f-link`),
  reads(
    'files',
    'chained links through /proc/self/cwd',
    (t) => `ln -s '${key(t)}' f-c1; ln -s /proc/self/cwd/f-c1 f-c2; cat f-c2`,
  ),
  reads('files', 'a linked folder, entered', ({ home }) => `ln -s '${home}' f-home; cd f-home && cat .ssh/id_ed25519`),
  reads('files', 'up and out of the workspace with ..', () => 'cat ../.ssh/id_ed25519'),
  reads('files', '/proc/self/root', (t) => `cat /proc/self/root${key(t)}`),
  reads('files', '/proc/1/root', (t) => `cat /proc/1/root${key(t)}`),
  reads('files', 'the root of a process of the person', (t) => `cat /proc/${t.host.victim.pid}/root${key(t)}`),
  reads('files', 'the folder a process of the person stands in', (t) => `cat /proc/${t.host.victim.pid}/cwd${key(t)}`),
  reads(
    'files',
    'a file that a process of the person holds open',
    ({ host: { victim } }) => `cat /proc/${victim.pid}/fd/${victim.fd}`,
  ),
  reads('files', 'a link swapped while it is opened', (t) => {
    const { file } = t.secret;
    return `echo hello > f-good; python3 attack.py race f-swap f-good '${file}' 2 & for i in $(seq 300); do cat f-swap; done 2>/dev/null | sort -u; wait`;
  }),
  reads(
    'files',
    'a hard link to a key, made in the workspace',
    ({ secret }) => `ln '${secret.file}' f-hard && cat f-hard`,
  ),
  reads('files', 'a descriptor that only names the file, opened again', ({ secret }) =>
    python(`import os; d=os.open("${secret.file}",os.O_PATH); print(open("/proc/self/fd/%d"%d).read())`),
  ),
  reads('files', 'openat2', ({ secret }) => `./probe openat2 '${secret.file}'`),
  reads('files', 'a memory map', ({ secret }) =>
    python(`import mmap; f=open("${secret.file}"); print(mmap.mmap(f.fileno(),0,prot=1)[:])`),
  ),
  reads(
    'files',
    'copy_file_range into the workspace',
    ({ secret }) => `: > f-copy; ./probe copy-range '${secret.file}' f-copy; cat f-copy`,
  ),
  reads(
    'files',
    'a bind mount of the home',
    ({ home, secret }) =>
      `mkdir -p f-bind; mount --bind '${home}' f-bind && cat 'f-bind/private/${secret.file.split('/').slice(-2).join('/')}'; umount f-bind`,
  ),
  reads(
    'files',
    'a bind mount in namespaces of its own',
    ({ home, folder }) =>
      `mkdir -p f-own; unshare --user --map-root-user --mount sh -c "mount --bind '${home}' f-own && cat 'f-own/private/${path.basename(folder)}/secret'"`,
  ),
  reads('files', 'a private folder’s names', ({ folder }) => `ls '${folder}'`, {
    prepare: ({ folder, secret }) => writeFile(path.join(folder, secret.text), ''),
  }),
  reads('files', 'a name with line break, glob and brackets', ({ folder }) => `cat "${folder}"/a*`, {
    prepare: ({ folder, secret }) => writeFile(path.join(folder, 'a\n[x]*\\'), secret.text),
  }),
  reads('files', 'a name that is not UTF-8', ({ folder }) => `cat "${folder}"/$(printf 'z\\377')`, {
    prepare: ({ folder, secret }) => writeFile(Buffer.from(`${folder}/z\xff`, 'latin1'), secret.text),
  }),
  reads(
    'files',
    'a folder without permissions, opened up first',
    ({ folder }) => `chmod 700 '${folder}/inner'; cat '${folder}/inner/closed'`,
    {
      async prepare({ folder, secret }) {
        await writeFile(path.join(folder, 'inner/closed'), secret.text);
        await chmod(path.join(folder, 'inner'), 0);
      },
    },
  ),
  reads(
    'files',
    'a key that appears after the start',
    ({ folder }) => `echo holding; for i in $(seq 100); do cat '${folder}/late' 2>/dev/null && break; sleep 0.1; done`,
    {
      alone: true,
      async during({ folder, secret }) {
        await writeFile(path.join(folder, 'late'), secret.text);
        return true;
      },
    },
  ),
  reads(
    'files',
    'another repository’s history, by its path',
    ({ home }) => `git -c safe.directory='*' -C '${home}/other-project' show HEAD:secret.txt`,
  ),
  reads(
    'files',
    'another repository’s history, by alternates',
    ({ home, folder }) =>
      `git init -q f-alt; echo '${home}/other-project/.git/objects' > f-alt/.git/objects/info/alternates; git -C f-alt show $(cat '${folder}/tip' 2>/dev/null || cat steps/tip):secret.txt`,
    {
      async prepare({ home, workspace, folder }) {
        const head = await readFile(path.join(home, 'other-project/.git/HEAD'), 'utf8');
        const tip = await readFile(path.join(home, 'other-project/.git', head.trim().slice('ref: '.length)), 'utf8');
        for (const file of [path.join(folder, 'tip'), path.join(workspace, 'steps/tip')])
          await writeFile(file, tip.trim());
      },
    },
  ),
  ...(['/tmp', '/var/tmp', '/dev/shm'] as const).map((base) =>
    reads('files', `another program’s file in ${base}`, ({ mark }) => `cat ${base}/gh-${mark}`, {
      async prepare({ mark, secret, onClose }) {
        await writeFile(`${base}/gh-${mark}`, secret.text, { mode: 0o600 });
        onClose(() => rm(`${base}/gh-${mark}`, { force: true }));
      },
    }),
  ),
  reads('files', 'a file of a service in /run', ({ mark }) => `cat /run/gh-${mark}`, {
    unavailable: () => (isRoot ? undefined : 'only root may put one there'),
    async prepare({ mark, secret, onClose }) {
      await writeFile(`/run/gh-${mark}`, secret.text, { mode: 0o600 });
      onClose(() => rm(`/run/gh-${mark}`, { force: true }));
    },
  }),
  {
    ...says('files', 'the machine’s password hashes', () => 'cat /etc/shadow', /^root:[^:\n]*:\d/mu),
    seen: 'the host’s own line was printed inside',
  },
  {
    ...says(
      'files',
      'the machine’s identity',
      () => 'cat /etc/machine-id /var/lib/dbus/machine-id',
      /^[0-9a-f]{32}$/mu,
    ),
    seen: 'the host’s own line was printed inside',
    byItsWord: true,
  },
  says(
    'files',
    'the disk itself',
    () => 'dd if=$(ls /dev/vda /dev/sda /dev/nvme0n1 2>/dev/null | head -1) bs=512 count=1 of=/dev/null 2>&1',
    /\b512 bytes/u,
  ),
];

const target = ({ folder }: Target) => `'${folder}/target'`;
const bashrc = ({ home }: Target) => [path.join(home, '.bashrc')];

/** The person's files by every way to change them. */
const writing: readonly Attempt[] = [
  changes('files', 'overwrite a private file', (t) => `echo theirs > ${target(t)}`),
  changes('files', 'append through a link in the workspace', (t) => `ln -s ${target(t)} f-w; echo theirs >> f-w`),
  changes('files', 'truncate', (t) => `./probe truncate ${target(t)}`),
  changes('files', 'remove', (t) => `./probe unlink ${target(t)}`),
  changes('files', 'rename', (t) => `./probe rename ${target(t)} '${t.folder}/moved'`),
  changes(
    'files',
    'exchange with a file of the workspace',
    (t) => `echo theirs > f-x; python3 attack.py rename-exchange f-x ${target(t)}`,
  ),
  changes(
    'files',
    'rename a private folder’s parent, recreate it',
    ({ folder }) =>
      `mv '${folder}/inner' '${folder}/inner2'; mkdir '${folder}/inner'; echo theirs > '${folder}/inner/file'`,
  ),
  changes('files', 'change a mode', (t) => `chmod 666 ${target(t)}`),
  changes('files', 'change times', (t) => `touch -d 2001-01-01 ${target(t)}`),
  changes('files', 'a hard link of it, written through', (t) => `ln ${target(t)} f-hl && echo theirs > f-hl`),
  changes('files', 'a shared memory map', (t) => `./probe mmap-write ${target(t)}`),
  changes(
    'files',
    'a descriptor that only names it, opened for writing',
    (t) => `./probe opath-reopen ${target(t)} theirs`,
  ),
  changes(
    'files',
    'copy_file_range out of the workspace',
    (t) => `echo 0123456789 > f-r; ./probe copy-range f-r ${target(t)}`,
  ),
  changes(
    'files',
    'a nameless file linked into it',
    ({ folder }) => `python3 attack.py tmpfile-link '${folder}' made 0644`,
  ),
  changes('files', 'a FIFO put into it', ({ folder }) => `mkfifo '${folder}/pipe'`),
  changes('files', 'append to the shell’s start-up file', (t) => `echo evil >> '${t.home}/.bashrc'`, bashrc),
  changes(
    'files',
    'a key of its own in authorized_keys',
    (t) => `echo evil >> '${t.home}/.ssh/authorized_keys'`,
    ({ home }) => [`${home}/.ssh/authorized_keys`],
  ),
  changes(
    'files',
    'the person’s Git configuration',
    (t) => `git config --file '${t.home}/.gitconfig' core.fsmonitor evil`,
    ({ home }) => [`${home}/.gitconfig`],
  ),
  changes(
    'files',
    'a desktop autostart entry',
    (t) => `mkdir -p '${t.home}/.config/autostart'; echo evil > '${t.home}/.config/autostart/x.desktop'`,
    ({ home }) => [`${home}/.config/autostart`],
  ),
  changes(
    'files',
    'a systemd unit of the user',
    (t) => `mkdir -p '${t.home}/.config/systemd/user'; echo evil > '${t.home}/.config/systemd/user/x.service'`,
    ({ home }) => [`${home}/.config/systemd`],
  ),
  changes(
    'files',
    'a program in a folder of the person’s PATH',
    (t) => `mkdir -p '${t.home}/.local/bin'; echo evil > '${t.home}/.local/bin/ls'`,
    ({ home }) => [`${home}/.local/bin`],
  ),
  changes(
    'files',
    'a file in /tmp that stays',
    ({ mark }) => `echo theirs > /tmp/gh-${mark}`,
    ({ mark }) => [`/tmp/gh-${mark}`],
    {
      prepare: async ({ mark, onClose }) => onClose(() => rm(`/tmp/gh-${mark}`, { force: true })),
    },
  ),
  changes(
    'files',
    'a file in /dev/shm that stays',
    ({ mark }) => `echo theirs > /dev/shm/gh-${mark}`,
    ({ mark }) => [`/dev/shm/gh-${mark}`],
    {
      prepare: async ({ mark, onClose }) => onClose(() => rm(`/dev/shm/gh-${mark}`, { force: true })),
    },
  ),
  ...(['/usr/local/bin', '/etc/profile.d', '/opt'] as const).map((base) =>
    changes(
      'files',
      `a file of its own in ${base}`,
      ({ mark }) => `echo '# theirs' > ${base}/gh-${mark}`,
      ({ mark }) => [`${base}/gh-${mark}`],
      {
        prepare: async ({ mark, onClose }) => onClose(() => rm(`${base}/gh-${mark}`, { force: true })),
      },
    ),
  ),
  changes(
    'files',
    'a system folder mounted writable again',
    ({ mark }) => `mount -o remount,bind,rw /usr; echo '# theirs' > /usr/share/gh-${mark}`,
    ({ mark }) => [`/usr/share/gh-${mark}`],
    {
      prepare: async ({ mark, onClose }) => onClose(() => rm(`/usr/share/gh-${mark}`, { force: true })),
    },
  ),
];

export const privateFiles: readonly Attempt[] = [...reading, ...writing];

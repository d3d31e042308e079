import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect } from 'vitest';
import { newCanaryText } from '../harness/canaries.ts';
import { escapeTests, expectRefused, expectSessionRecord } from '../harness/escape.ts';
import type { Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

/** A folder's name, and the neighbour it must not be taken for. */
const names: readonly [what: string, name: string, neighbour: string][] = [
  ['a line break', 'pro\nject', 'pro'],
  ['a star', 'pro*', 'project'],
  ['a question mark', 'pro?', 'prox'],
  ['brackets', '[ab]', 'a'],
  ['braces', '{a,b}', 'a'],
  ['a backslash', 'pro\\ject', 'project'],
  ['an escaped octal as in /proc/mounts', 'pro\\040ject', 'pro ject'],
  ['spaces at both ends', ' project ', 'project'],
  ['a leading dash', '-project', 'project'],
  ['quotes', `"pro'ject"`, "pro'ject"],
  ['a command', '$(touch evil)', ''],
  ['a colon and a comma', 'pro:ject,rw', 'pro'],
  ['a percent sign', 'pro%2e%2e', 'pro..'],
  ['the same letters composed otherwise', 'caf\u00e9', 'cafe\u0301'],
  ['a Cyrillic letter', 'pr\u043eject', 'project'],
  ['a full-width dot pair', '\uff0e\uff0e', 'up'],
  ['a zero-width space', 'pro\u200bject', 'project'],
  ['text that runs from right to left', 'pro\u202etcej', 'project'],
  ['another case', 'Project', 'project'],
  ['a prefix of its neighbour', 'project', 'project-secret'],
];

async function twoFolders(
  walls: Walls,
  name: string,
  neighbour: string,
): Promise<{ mine: string; other: string; secret: string }> {
  const parent = await mkdtemp(path.join(walls.home, 'names-'));
  const mine = path.join(parent, name);
  const other = neighbour === '' ? path.join(parent, 'other') : path.join(parent, neighbour);
  const secret = newCanaryText();
  for (const [folder, text] of [
    [mine, 'mine'],
    [other, secret],
  ] as const) {
    await mkdir(folder);
    await writeFile(path.join(folder, 'file'), `${text}\n`);
  }
  return { mine, other, secret };
}

const script =
  'cat file; echo changed > file; cat "$OTHER/file" || cat "../$OTHER_NAME/file"; echo evil > "$OTHER/file"; ls ..; true';

for (const [what, name, neighbour] of names) {
  escapeTest(`a workspace whose name has ${what} is itself and not its neighbour`, {
    requirement: '[GRT-1]',
    guards: ['private-home'],
    async control(walls) {
      const { mine, other, secret } = await twoFolders(walls, name, neighbour);
      const run = await walls.outside(script, {
        cwd: mine,
        environment: { OTHER: other, OTHER_NAME: path.basename(other) },
      });
      expect(run.stdout.startsWith(`mine\n${secret}\n`)).toBe(true);
      expect(await readFile(path.join(other, 'file'), 'utf8')).toBe('evil\n');
    },
    async attempt(walls) {
      const { mine, other, secret } = await twoFolders(walls, name, neighbour);
      const run = await walls.run(script, {
        cwd: mine,
        options: ['--env', `OTHER=${other}`, '--env', `OTHER_NAME=${path.basename(other)}`],
      });
      expect(run.stdout).toBe(`mine\n${name}\n`);
      expect(run.stdout).not.toContain(secret);
      expect(await readFile(path.join(mine, 'file'), 'utf8')).toBe('changed\n');
      expect(await readFile(path.join(other, 'file'), 'utf8')).toBe(`${secret}\n`);
      return run;
    },
    async observe() {},
    audit(_walls, run) {
      expect(path.basename(String(expectSessionRecord(run).detail['workspace']))).toBe(written(name));
    },
  });
}

/** How the record writes a name: nothing in it can move the cursor or hide. */
function written(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}

// A name that is not UTF-8 reads as U+FFFD in a program: a neighbour with that very name must not be taken for it.
const garbledWays: readonly [string, (command: string) => string][] = [
  ['standing in it', (command) => `cd "$bad" && ${command.replace('OPTIONS', '')}`],
  ['by --workspace', (command) => `cd / && ${command.replace('OPTIONS', '--workspace "$bad"')}`],
  [
    'by a link to it',
    (command) => `ln -sfn "$bad" $base/link; cd / && ${command.replace('OPTIONS', '--workspace $base/link')}`,
  ],
  ['by a grant', (command) => `cd $base/plain && ${command.replace('OPTIONS', '--grant "file.write:$bad"')}`],
  [
    'by a grant of a link to it',
    (command) =>
      `ln -sfn "$bad" $base/link; cd $base/plain && ${command.replace('OPTIONS', '--grant file.write:$base/link')}`,
  ],
];
for (const [way, place] of garbledWays) {
  escapeTest(`a folder whose name is not UTF-8 is never taken for what its garbled name points at: ${way}`, {
    requirement: '[GRT-1]',
    async control(walls) {
      expect((await walls.outside(garbled(walls, 'cat "$bad/file" "$good/file"'))).stdout).toBe('mine\nneighbour\n');
    },
    async attempt(walls) {
      // From the shell: only it can name a folder that no JavaScript text can hold.
      const look = 'cat file; echo evil > written; cat ~/garbled-names/n*/file; echo evil > ~/garbled-names/n*/written';
      const run = await walls.outside(
        garbled(walls, place(`${process.execPath} ${walls.cliPath} run OPTIONS -- sh -c '${look}'`)),
      );
      expect(run.stdout).not.toContain('neighbour');
      expect(run.stderr).toMatch(/UTF-8/u);
      return { ...run, events: (await walls.events('kind:session.refused')).slice(-1) };
    },
    async observe(walls) {
      const { stdout } = await walls.outside(garbled(walls, 'ls "$good" $base/plain'));
      expect(stdout).not.toContain('written');
    },
    audit: (_walls, run) => expectRefused(run, /UTF-8/u),
  });
}

function garbled(walls: Walls, command: string): string {
  return `
    base=${walls.home}/garbled-names
    bad="$base/$(printf 'n\\377')"; good="$base/$(printf 'n\\357\\277\\275')"
    mkdir -p "$bad" "$good" $base/plain; echo mine > "$bad/file"; echo neighbour > "$good/file"
    ${command}`;
}

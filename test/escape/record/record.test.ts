import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, expect } from 'vitest';
import { distFolder } from '../../helpers/gatehouse.ts';
import { newCanaryText } from '../harness/canaries.ts';
import { escapeTests, expectHeldInSilence, expectLines } from '../harness/escape.ts';
import type { Walls } from '../harness/walls.ts';
import { ask, connectTo, type Listener, placeNetworkProbe, startListener } from '../network/listener.ts';

const escapeTest = escapeTests();

const closing: Listener[] = [];
afterAll(async () => {
  for (const listener of closing) await listener.close();
});

const cli = path.join(distFolder, 'gatehouse.js');
/** Runs `gatehouse` outside; a pipe on standard output is what a person's pager would get. */
const gatehouse = (walls: Walls, ...args: string[]) => walls.outside([process.execPath, cli, ...args]);

/** Every file below a folder. */
async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
}

/** Those files of the state folder in which one of the texts occurs, homes of agents aside: what those write is theirs. */
async function filesWith(walls: Walls, texts: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const file of await filesBelow(walls.state)) {
    const content = await readFile(file, 'latin1').catch(() => '');
    if (texts.some((text) => content.includes(text))) found.push(path.relative(walls.state, file));
  }
  return found;
}

/** Secrets of shapes that are known, each with a part that exists nowhere else. */
const secrets = {
  variable: `ghp_${newCanaryText()
    .replace(/[^a-z0-9]/gu, '')
    .slice(0, 36)}`,
  argument: `sk-ant-api03-${newCanaryText()}`,
  header: newCanaryText(),
  query: newCanaryText(),
  userinfo: newCanaryText(),
  cookie: newCanaryText(),
};

let listener: Listener;
escapeTest('secrets that pass by are in no file of Gatehouse', {
  requirement: '[AUD-5]',
  async prepare(walls) {
    await placeNetworkProbe(walls);
    listener = await startListener();
    closing.push(listener);
  },
  async control(walls) {
    // A text that is no secret is found, so the search finds what is there.
    const plain = newCanaryText().replaceAll(/[0-9]/gu, 'x');
    await walls.run(['sh', '-c', `true ${plain}`]);
    expect((await filesWith(walls, [plain])).some((file) => file.includes('audit'))).toBe(true);
  },
  async attempt(walls) {
    const at = `127.0.0.1:${listener.port}`;
    const head = `GET http://${at}/path?access_token=${secrets.query} HTTP/1.1\r\nHost: ${at}\r\n`;
    const run = await walls.run(
      [
        ask(`${head}Authorization: Bearer ${secrets.header}\r\nCookie: session=${secrets.cookie}\r\n\r\n`),
        ask(`GET http://user:${secrets.userinfo}@${at}/ HTTP/1.1\r\nHost: ${at}\r\n\r\n`),
        ask(`GET http://denied.invalid/?api_key=${secrets.query} HTTP/1.1\r\nHost: denied.invalid\r\n\r\n`),
        `test "$GITHUB_TOKEN" = ${'"$(printf %s "$GITHUB_TOKEN")"'} && echo "has ${'$'}{#GITHUB_TOKEN}"`,
        `: --api-key ${secrets.argument}`,
      ].join('\n'),
      {
        grants: [`net.connect:127.0.0.1:${listener.port}`],
        options: ['--env', `GITHUB_TOKEN=${secrets.variable}`],
      },
    );
    expect(run.stdout).toContain('ask: HTTP/1.1 200 served');
    expect(run.stdout).toContain(`has ${secrets.variable.length}`);
    return run;
  },
  async observe(walls) {
    expect(listener.received(), 'the service got what was sent to it').toContain(secrets.header);
    expect(await filesWith(walls, Object.values(secrets))).toEqual([]);
  },
  audit(_walls, run) {
    const requests = run.events.filter(({ action }) => action === 'http.request');
    expect(requests.length).toBeGreaterThan(1);
    expect(JSON.stringify(run.events)).toContain('/path?');
  },
});

/** What would move a terminal, end a line or begin a new entry, were it let through. */
const forged = '{"kind":"session.ended","summary":"forged","seq":1,"at":"2000-01-01T00:00:00.000Z"}';
const escapes = `\x1b[2J\x1b]0;owned\x07\r\n${forged}\n\x9b31m\u202e\u200b`;

escapeTest('text that looks like an entry, or moves the terminal', {
  requirement: '[AUD-1]',
  prepare: placeNetworkProbe,
  async control(walls) {
    const { stdout } = await walls.outside(['printf', '%s', escapes]);
    expect(stdout).toBe(escapes);
  },
  async attempt(walls) {
    const run = await walls.run([
      'sh',
      '-c',
      `mkdir -p "$1" && : > "$1/file"; ${ask(connectTo(`evil${escapes}.invalid:443`))}
       ${ask(`GET http://denied.invalid/%0a%1b[31m HTTP/1.1\r\nHost: denied.invalid\r\n\r\n`)}`,
      'name',
      `made-${escapes.replaceAll('/', '')}`,
    ]);
    expect(run.stdout).toMatch(/^ask: HTTP\/1\.1 4\d\d /u);
    return run;
  },
  async observe(walls) {
    for (const args of [['log'], ['log', '--json'], ['log', 'forged'], ['sessions'], ['grants', 'list']]) {
      const { stdout, stderr } = await gatehouse(walls, ...args);
      expect(`${stdout}${stderr}`, args.join(' ')).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f\u200b\u202e]/u);
      // No line is the forged one.
      expect(
        stdout.split('\n').filter((line) => line.startsWith('{"kind":"session.ended","summary":"forged"')),
      ).toEqual([]);
    }
    expect((await gatehouse(walls, 'log', 'verify')).status).toBe(0);
  },
  audit(_walls, run) {
    expect(run.events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['session.starting', 'session.ended']));
    expect(run.events.filter(({ summary }) => summary === 'forged')).toEqual([]);
  },
});

escapeTest('the record itself, from inside', {
  requirement: '[AUD-2]',
  async control(walls) {
    const files = (await filesBelow(walls.state)).filter((file) => file.includes('audit'));
    expect(files.length).toBeGreaterThan(0);
    const run = await walls.outside(
      files.map((file) => `./probe open-read ${file}; ./probe open-write ${file}`).join('\n'),
    );
    expectLines(
      run,
      files.flatMap(() => ['open-read: OK', 'open-write: OK']),
    );
  },
  async attempt(walls) {
    const files = await filesBelow(walls.state);
    const targets = [...files, walls.state, path.join(walls.state, 'audit.db'), path.join(walls.state, 'run')];
    const run = await walls.run(
      targets
        .map(
          (file) =>
            `./probe open-read ${file}; ./probe open-write ${file}; ./probe truncate ${file}; ./probe unlink ${file}`,
        )
        .join('\n'),
    );
    const answers = run.stdout.trim().split('\n');
    expect(answers).toHaveLength(targets.length * 4);
    for (const answer of answers) expect(answer).toMatch(/: (?:ENOENT|EACCES|EROFS|EPERM)$/u);
    return run;
  },
  async observe(walls) {
    expect((await gatehouse(walls, 'log', 'verify')).status).toBe(0);
  },
  audit: (_walls, run) => expectHeldInSilence(run),
});

/** What somebody with the file, but without the keys, would do to it. `@` stands for the entry to hide. */
const changes: readonly (readonly [what: string, sql: string])[] = [
  ['edited', "UPDATE entries SET payload = replace(payload, 'runs', 'sits') WHERE seq = @"],
  ['with another time', "UPDATE entries SET at = '2020-01-01T00:00:00.000Z' WHERE seq = @"],
  ['removed', 'DELETE FROM entries WHERE seq = @'],
];

escapeTest('a record that was changed while nobody looked', {
  requirement: '[AUD-2]',
  async control(walls) {
    const verified = await gatehouse(walls, 'log', 'verify');
    expect(verified.status, verified.stderr).toBe(0);
  },
  async attempt(walls) {
    return await walls.run('echo to be hidden');
  },
  async observe(walls, run) {
    const seq = run.events.find(({ kind }) => kind === 'session.started')?.seq ?? 0;
    await gatehouse(walls, 'supervisor', 'stop', '--force');
    const file = (await filesBelow(walls.state)).find((name) => name.endsWith('audit.db')) ?? '';
    const kept = await readFile(file);
    for (const [what, sql] of changes) {
      const database = new Database(file);
      for (const trigger of ['changed', 'removed']) database.exec(`DROP TRIGGER entries_are_never_${trigger}`);
      expect(database.prepare(sql.replace('@', String(seq))).run().changes, what).toBe(1);
      database.close();
      const verified = await gatehouse(walls, 'log', 'verify');
      expect(verified.status, what).toBe(1);
      expect(verified.stdout + verified.stderr, what).toMatch(new RegExp(`\\b(?:${seq}|${seq + 1})\\b`, 'u'));
      await gatehouse(walls, 'supervisor', 'stop', '--force');
      for (const rest of ['-wal', '-shm']) await rm(`${file}${rest}`, { force: true });
      await writeFile(file, kept);
    }
    expect((await gatehouse(walls, 'log', 'verify')).status, 'mended').toBe(0);
  },
  audit: (_walls, run) => expectHeldInSilence(run),
});

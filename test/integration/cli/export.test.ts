import { copyFile, mkdir, readFile, rename, stat, truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';
import { startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { note, workerPath } from '../audit/temporary-log.ts';

const entriesTotal = 8000;
let home: TempHome;
let database: string;
/** Everything, exported at once. */
let whole: string;

beforeAll(async () => {
  home = await openTempHome();
  await mkdir(path.join(home.state, 'state'), { recursive: true, mode: 0o700 });
  database = path.join(home.state, 'state', 'audit.db');
  await record(entriesTotal - 1);
  whole = (await home.run(['log', 'export', '--format', 'jsonl'])).stdout;
  expect(whole.trimEnd().split('\n')).toHaveLength(entriesTotal);
});
afterAll(() => home.close());

async function record(count: number): Promise<void> {
  const log = await openAuditLog({ path: database, workerPath });
  for (let index = 0; index < count; index += 1) log.observe(note(`event ${index} ${'.'.repeat(200)}`));
  await log.close();
}

const at = (name: string) => path.join(home.folder, name);
const exporting = (name: string, ...more: string[]) => [
  ...['log', 'export', '--format', 'jsonl', '--out', at(name), '--resume', at(`${name}.resume`)],
  ...more,
];

test('[AUD-4] ended again and again: no half line, nothing twice, no gap', async () => {
  const ends = [
    ['SIGKILL', 0.1],
    ['SIGINT', 0.4],
    ['SIGKILL', 0.7],
  ] as const;
  for (const [signal, part] of ends) {
    const child = startGatehouse(exporting('ended'), { cwd: home.workspace, environment: home.environment });
    const gone = new Promise((resolve) => child.once('close', resolve));
    const reached = async () => {
      const size = await stat(at('ended')).then(
        (found) => found.size,
        () => 0,
      );
      return child.exitCode !== null || size >= whole.length * part;
    };
    await eventually(reached, { what: 'part of the export' });
    child.kill(signal);
    await gone;
  }
  // What a write that was cut in half leaves behind.
  await writeFile(at('ended'), '{"half', { flag: 'a' });
  expect(await home.run(exporting('ended'))).toMatchObject({ status: 0 });
  expect((await readFile(at('ended'), 'utf8')) === whole).toBe(true);
});

test('[AUD-4] one export after the other: only what is new, into the same file or a new one', async () => {
  await home.run(exporting('steps'));
  expect((await home.run(exporting('steps'))).stderr).toContain('exported 0 events');
  await rename(at('steps'), at('delivered'));
  await record(3);
  expect(await home.run(exporting('steps', '--quiet'))).toMatchObject({ status: 0, stdout: '', stderr: '' });
  const more = await readFile(at('steps'), 'utf8');
  expect(more.trimEnd().split('\n')).toHaveLength(4);
  const all = (await home.run(['log', 'export', '--format', 'jsonl'])).stdout;
  expect((await readFile(at('delivered'), 'utf8')) + more === all).toBe(true);
});

test('[AUD-4] what cannot be continued without doubt is refused, and the output stays as it is', async () => {
  await home.run(exporting('kept'));
  const kept = await readFile(at('kept'), 'utf8');
  const refused = async (words: readonly string[], message: string) => {
    const finished = await home.run(words);
    expect(finished.status).not.toBe(0);
    expect(finished.stderr).toContain(message);
  };
  await refused(exporting('kept', 'decision:deny'), 'another query');
  await refused(['log', 'export', '--format', 'csv', ...exporting('kept').slice(4)], 'another format');
  await refused([...exporting('other').slice(0, -1), at('kept.resume')], 'another output');
  await refused(['log', 'export', '--format', 'jsonl', '--resume', at('x')], '--resume needs --out');
  expect(await readFile(at('kept'), 'utf8')).toBe(kept);

  const text = await readFile(at('kept.resume'), 'utf8');
  await writeFile(at('kept.resume'), text.replace(/"hash":"."/u, '"hash":"x"'));
  await writeFile(at('kept.resume'), text.replace(/"hash":"[0-9a-f]{4}/u, '"hash":"zzzz'));
  await refused(exporting('kept'), 'not the log that was exported before');
  await writeFile(at('kept.resume'), text.replace(/"seq":\d+/u, '"seq":900000'));
  await refused(exporting('kept'), 'entry 900000 was exported');
  await writeFile(at('kept.resume'), 'nonsense');
  await refused(exporting('kept'), 'is no resume file');
  expect(await readFile(at('kept'), 'utf8')).toBe(kept);
  await writeFile(at('kept.resume'), text);
  await truncate(at('kept'), 100);
  await refused(exporting('kept'), 'shorter than it was left');

  // One at a time.
  await writeFile(at('kept'), kept);
  const lock = new Database(at('kept.resume-lock'));
  lock.exec('BEGIN EXCLUSIVE');
  await refused(exporting('kept'), 'cannot be taken up now');
  lock.close();
  expect(await home.run(exporting('kept'))).toMatchObject({ status: 0 });
});

test('[AUD-2] a copy is judged by itself, without a supervisor', async () => {
  await copyFile(database, at('copy.db'));
  const verify = (...words: string[]) => home.run(['log', 'verify', '--file', at('copy.db'), ...words]);
  expect(await verify()).toMatchObject({ status: 0, stdout: expect.stringContaining('The log holds') });
  await truncate(at('copy.db'), 40_960);
  expect(await verify()).toMatchObject({
    status: 1,
    stdout: expect.stringContaining('damaged at entry 1: unreadable'),
  });
  await truncate(at('copy.db'), 0);
  expect(JSON.parse((await verify('--json')).stdout)).toMatchObject({ ok: false, damage: { seq: 1 } });
  expect(await home.run(['log', 'verify', '--witness', at('x')])).toMatchObject({ status: 2 });
  expect(await home.run(['log', 'verify', '--file', at('none.db')])).toMatchObject({ status: 1, stdout: '' });
});

test('[AUD-3] saved searches are kept, run, narrowed, listed and removed', async () => {
  const said = async (words: readonly string[], status: number, message: string) => {
    const finished = await home.run(words);
    expect(`${finished.stdout}${finished.stderr}`).toContain(message);
    expect(finished.status).toBe(status);
  };
  await said(
    ['log', '--save', 'opened', 'kind:log.opened', '--since', '30d'],
    0,
    'saved @opened: kind:log.opened since:30d',
  );
  await said(['log', '--save', 'opened', 'kind:log.opened'], 0, 'replaced @opened');
  await said(['log', '--save', 'first', '@opened', 'seq:1'], 0, 'saved @first: kind:log.opened seq:1');
  await said(['log', '@first', '--json'], 0, '"seq":1,');
  await said(['log', 'export', '--format', 'csv', '@first'], 0, 'exported 1 events');
  await said(['log', '--save', 'x', 'decision:maybe'], 2, 'There is no decision "maybe"');
  await said(['log', '--save', 'network', 'x'], 2, 'is built in');
  await said(['log', '@nothing'], 1, 'There is no saved search @nothing');
  await said(['log', 'searches', '--json'], 0, '{"name":"first","query":"kind:log.opened seq:1","builtIn":false}');
  await said(['log', 'searches'], 0, '@denied-today');
  await home.run(['supervisor', 'stop']);
  await said(['log', 'searches', 'remove', '@first'], 0, 'removed @first');
  await said(['log', 'searches', 'remove', 'first'], 1, 'There is no saved search @first');
});

test('[AUD-6] retention from the command line', async () => {
  const said = async (words: readonly string[], status: number, message: string) => {
    const finished = await home.run(['log', 'retention', ...words]);
    expect(`${finished.stdout}${finished.stderr}`).toContain(message);
    expect(finished.status).toBe(status);
  };
  await said([], 0, 'All content is kept.');
  await said(['set'], 2, 'Say how long, or how much.');
  await said(['set', '--keep', '30'], 2, 'is not a length of time');
  await said(['set', '--keep', '90d', '--max-size', '2G'], 0, 'no longer than 90 days, and no more than 2.0 GiB');
  await said(['--json'], 0, '"retention":{"keepMs":7776000000,"bytesMax":2147483648}');
  await said(['off'], 0, 'All content is kept.');
});

import path from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type AuditEvent, facetsSchema } from '#contract/audit.ts';
import { parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';

let home: TempHome;
beforeAll(async () => {
  home = await openTempHome();
  // One session that does well, and one that is refused a host.
  await home.run(['run', '--task', 'Say hello', '--', 'echo', 'hello']);
  expect((await home.run(['run', '--', 'bash', '-c', phoneOut])).stdout).toContain('403');
});
afterAll(() => home.close());

/** Asks the proxy for a host nobody granted; needs nothing but bash. */
const phoneOut = [
  `proxy=$(printf %s "$http_proxy" | sed 's#^.*//##; s#^.*@##; s#/$##')`,
  'exec 3<>"/dev/tcp/$(printf %s "$proxy" | cut -d : -f 1)/$(printf %s "$proxy" | cut -d : -f 2)"',
  'printf "CONNECT collector.example:443 HTTP/1.1\\r\\nHost: collector.example:443\\r\\n\\r\\n" >&3',
  'head -n 1 <&3',
].join('; ');

async function query(...words: string[]): Promise<AuditEvent[]> {
  return parseJsonLines((await home.run(['log', '--json', ...words])).stdout) as AuditEvent[];
}

describe('[AUD-3] the log from the command line', () => {
  test('events come oldest first, each with its number', async () => {
    const events = await query('--limit', '1000');
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  });

  test.each([
    [['decision:deny'], (event: AuditEvent) => event.decision === 'deny'],
    [['host:collector.example'], (event: AuditEvent) => event.resource?.kind === 'host'],
    [['hello'], (event: AuditEvent) => JSON.stringify(event).includes('hello')],
    [['--agent', 'generic'], (event: AuditEvent) => event.agent === 'generic'],
    [['--since', '1h', '--until', 'now', '--limit', '3'], () => true],
  ])('%j finds what it should and nothing else', async (words, fits) => {
    const events = await query(...words);
    expect(events.length).toBeGreaterThan(0);
    expect(events.filter((event) => !fits(event))).toEqual([]);
  });

  test('--limit keeps the newest and says that there are more', async () => {
    const all = await query('--limit', '1000');
    const few = await home.run(['log', '--limit', '2']);
    expect(few.stdout.trimEnd().split('\n')).toHaveLength(2);
    expect(few.stdout).toContain(`${all.at(-1)?.at}`);
    expect(few.stderr).toContain('older events match too');
  });

  test('--facets counts what the record and what a query are about', async () => {
    const all = facetsSchema.parse(JSON.parse((await home.run(['log', '--facets', '--json'])).stdout));
    const values = (field: string) => all.fields.find((one) => one.field === field)?.values ?? [];
    expect(all.exact).toBe(true);
    expect(values('decision')).toContainEqual({ value: 'deny', entries: (await query('decision:deny')).length });
    expect(values('session')).toHaveLength(2);
    expect(all.activity.reduce((sum, { entries }) => sum + entries, 0)).toBe(all.entries);
    const denied = await home.run(['log', '--facets', 'decision:deny', '--limit', '1']);
    expect(denied.stdout).toMatch(/^FIELD +VALUE +EVENTS\nkind +decision +\d/u);
    expect(denied.stdout).toMatch(/\nhost +collector\.example +1\n/u);
    expect(await home.run(['log', '--facets', '--follow'])).toMatchObject({ status: 2 });
  });

  test('nothing found is said on standard error; a wrong query is told in words', async () => {
    expect(await home.run(['log', 'no-such-word-anywhere'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringContaining('nothing on record matches'),
    });
    expect(await home.run(['log', 'decision:maybe'])).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringMatching(/^gatehouse: /u),
    });
  });

  test('--follow shows the past, then what comes, each once', async () => {
    const follower = startGatehouse(['log', '--follow', '--json', '--limit', '1'], {
      cwd: home.workspace,
      environment: home.environment,
    });
    let output = '';
    follower.stdout?.on('data', (chunk) => {
      output += String(chunk);
    });
    const seen = () => parseJsonLines(output.slice(0, output.lastIndexOf('\n') + 1)) as AuditEvent[];
    try {
      await eventually(() => seen().length > 0, { what: 'the past' });
      await home.run(['run', '--', 'echo', 'followed']);
      await eventually(() => seen().some(({ kind }) => kind === 'session.ended'), { what: 'the end of the session' });
      const numbers = seen().map(({ seq }) => seq);
      expect(numbers).toEqual(numbers.map((_, index) => (numbers[0] ?? 0) + index));
    } finally {
      follower.kill('SIGKILL');
    }
  });
});

describe('[GRT-5] why', () => {
  test('explains a denial on record', async () => {
    const [denial] = await query('decision:deny', 'host:collector.example', '--limit', '1');
    const finished = await home.run(['why', String(denial?.seq)]);
    expect(finished.status).toBe(0);
    expect(finished.stdout).toContain('collector.example');
    expect(finished.stdout).toContain('--grant');
    expect(
      finished.stdout
        .split('\n')
        .slice(1)
        .filter((line) => line.length > 80),
    ).toEqual([]);
  });

  test.each([
    [['net.connect', 'collector.example:443'], 'would be blocked'],
    [['file.read', '/etc/shadow'], 'would be blocked'],
    [['file.write', 'README.md'], 'would be allowed'],
  ])('says what would be decided about %j', async (words, verdict) => {
    const finished = await home.run(['why', '--agent', 'generic', ...words]);
    expect(finished).toMatchObject({ status: 0, stdout: expect.stringContaining(verdict) });
  });

  test('an event that is not there is said to be so', async () => {
    expect(await home.run(['why', '999999'])).toMatchObject({ status: 1, stdout: '' });
  });
});

describe('[AUD-2] log verify', () => {
  test('holds, and says how many entries', async () => {
    const finished = await home.run(['log', 'verify']);
    expect(finished).toMatchObject({ status: 0, stdout: expect.stringMatching(/^The log holds: \d+ entries/u) });
    expect(parseJsonLines((await home.run(['log', 'verify', '--json'])).stdout)).toEqual([
      expect.objectContaining({ ok: true }),
    ]);
  });

  test('names the entry that was edited behind its back, with the supervisor stopped before', async () => {
    expect((await home.run(['supervisor', 'stop'])).status).toBe(0);
    const database = new Database(path.join(home.state, 'state', 'audit.db'));
    database.exec('DROP TRIGGER entries_are_never_changed');
    database.exec(`UPDATE entries SET payload = replace(payload, 'hello', 'howdy') WHERE payload LIKE '%hello%'`);
    const edited = database.prepare(`SELECT min(seq) AS seq FROM entries WHERE payload LIKE '%howdy%'`).get() as {
      seq: number;
    };
    database.close();
    const finished = await home.run(['log', 'verify']);
    expect(finished.status).toBe(1);
    expect(finished.stdout).toContain(`The log is damaged at entry ${edited.seq}: edited.`);
  });
});

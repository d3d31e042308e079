import { once } from 'node:events';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openTerminal } from '../helpers/agents/terminal.ts';
import { distFolder, startGatehouse } from '../helpers/gatehouse.ts';
import type { TempHome } from '../helpers/temp-home.ts';

/** What one kind of work stands on. */
export interface SoakGround {
  readonly home: TempHome;
  /** A loopback service the sessions may reach, and one they may not. */
  readonly port: number;
  readonly deniedPort: number;
}

/** One thing that comes and goes. Rejects when it did not work as it should. */
export interface SoakWork {
  readonly name: string;
  run(ground: SoakGround): Promise<void>;
}

/** Through the relay of a granted loopback port, or, with `noDirect`, through the proxy. */
const asking = 'curl -sS -m 20 -o /dev/null -w "%{http_code}\\n"';
const noDirect = '--noproxy ""';

/** Everything that comes and goes beside the long-lived session, in turn. */
export const soakWork: readonly SoakWork[] = [
  piped('piped input', [], 'wc -c', '65536\n', 'x'.repeat(65_536)),
  piped('files', [], 'for n in $(seq 60); do echo $n > f$$-$n; done; rm -f f$$-*; echo done', 'done\n'),
  {
    name: 'terminal',
    async run({ home }) {
      const terminal = openTerminal({
        command: process.execPath,
        args: [path.join(distFolder, 'gatehouse.js'), 'run', '--', 'sh', '-c', 'echo ask; read word; echo "<$word>"'],
        cwd: home.workspace,
        environment: home.environment,
      });
      while (!terminal.text().includes('ask')) {
        if (await ended(terminal.exited)) throw new Error(`terminal: ${terminal.text()}`);
      }
      terminal.resize(80, 24);
      terminal.type('word\r');
      const { status } = await terminal.exited;
      expectSame('terminal', `${status} ${terminal.text().includes('<word>')}`, '0 true');
    },
  },
  network(
    'requests',
    ({ port }) => `for n in 1 2 3 4 5 6; do ${asking} http://127.0.0.1:${port}/; done`,
    '200\n'.repeat(6),
  ),
  network(
    'proxied',
    ({ port }) => `for n in 1 2 3 4 5 6; do ${asking} ${noDirect} http://127.0.0.1:${port}/; done`,
    '200\n'.repeat(6),
  ),
  network('tunnel', ({ port }) => `${asking} ${noDirect} -p http://127.0.0.1:${port}/bytes/2000000`, '200\n'),
  network(
    'upload',
    ({ port }) => `head -c 1000000 /dev/zero | ${asking} --data-binary @- http://127.0.0.1:${port}/`,
    '200\n',
  ),
  network(
    'denied',
    ({ deniedPort }) =>
      `for n in 1 2 3; do ${asking} ${noDirect} http://127.0.0.1:${deniedPort}/; done; ${asking} http://denied.example/`,
    '403\n'.repeat(4),
  ),
  piped('flood', [], 'head -c 3000000 /dev/zero | tr "\\0" x; echo', `${'x'.repeat(3_000_000)}\n`),
  command('search', ['log', 'decision:deny', '-n', '200', '--json']),
  command('search by words', ['log', 'blocked connect', '--since', '5m']),
  {
    name: 'follow',
    async run({ home }) {
      const follower = startGatehouse(['log', '--follow', '--json'], { environment: home.environment, cwd: '/' });
      follower.stdout?.resume();
      follower.stderr?.resume();
      await home.run(['run', '--', 'true']);
      await pause(500);
      follower.kill('SIGKILL');
      await once(follower, 'close');
    },
  },
  {
    name: 'client killed',
    async run({ home }) {
      const client = startGatehouse(['run', '--', 'sh', '-c', 'echo up; sleep 600'], {
        environment: home.environment,
        cwd: home.workspace,
      });
      client.stderr?.resume();
      if (client.stdout !== null) await once(client.stdout, 'data');
      client.kill('SIGKILL');
      await once(client, 'close');
    },
  },
  {
    name: 'killed',
    async run({ home }) {
      const made = await home.run(['task', 'new', 'Short work', '--json']);
      const { id } = JSON.parse(made.stdout) as { id: string };
      const run = home.run(['run', '--task-id', id, '--', 'sh', '-c', 'setsid sleep 600 & sleep 600']);
      await pause(700);
      expectSame('task end', (await home.run(['task', 'end', id])).status, 0);
      if ((await run).status === 0) throw new Error('task end: the session ended well');
    },
  },
  {
    name: 'refused',
    async run({ home }) {
      expectSame('refused', (await home.run(['run', '--', 'no-such-command-here'])).status, 127);
    },
  },
  {
    name: 'output limit',
    async run({ home }) {
      const limited = await home.run(['run', '--limit', 'output=64K', '--', 'yes']);
      if (limited.status === 0) throw new Error('output limit: the session ended well');
    },
  },
  command('why', ['why', '--agent', 'claude', 'net.connect', 'example.org:443']),
  command('verify', ['log', 'verify']),
  command('checkpoint', ['log', 'checkpoint']),
  command('export', ['log', 'export', '--format', 'jsonl']),
  command('sessions', ['sessions', '--json']),
];

function piped(name: string, options: readonly string[], script: string, expected: string, stdin = ''): SoakWork {
  return {
    name,
    async run({ home }) {
      const { status, stdout, stderr } = await home.run(['run', ...options, '--', 'sh', '-c', script], { stdin });
      expectSame(`${name} (${stderr.slice(-500)})`, status, 0);
      if (stdout !== expected) throw new Error(`${name}: said ${stdout.length} bytes: ${stdout.slice(0, 200)}`);
    },
  };
}

function network(name: string, script: (ground: SoakGround) => string, expected: string): SoakWork {
  return {
    name,
    run: (ground) =>
      piped(name, ['--grant', `net.connect:127.0.0.1:${ground.port}`], script(ground), expected).run(ground),
  };
}

function command(name: string, args: readonly string[]): SoakWork {
  return {
    name,
    async run({ home }) {
      const { status, stdout, stderr } = await home.run(args);
      expectSame(`${name} (${stderr.slice(-500)}${status === 0 ? '' : stdout.slice(-500)})`, status, 0);
    },
  };
}

function expectSame(what: string, got: unknown, wanted: unknown): void {
  if (got !== wanted) throw new Error(`${what}: ${String(got)} instead of ${String(wanted)}`);
}

async function ended(exited: Promise<unknown>): Promise<boolean> {
  return await Promise.race([exited.then(() => true), pause(20).then(() => false)]);
}

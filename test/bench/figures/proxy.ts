import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import { startGatehouse } from '../../helpers/gatehouse.ts';
import { noBreakerOptions } from '../../helpers/no-breakers.ts';
import { eventually } from '../../helpers/poll.ts';
import type { Figure, Row } from '../figure.ts';
import { type Contestant, type Ground, parseMeasured, startServer, timesSchema } from '../ground.ts';
import { alternate, median } from '../statistics.ts';

const rounds = 5;
const requestsPerRound = 300;
/** Every way moves it in about a second; the peer's upload takes longest. */
const tunnelBytes = 250_000_000;

const answerSchema = timesSchema.extend({ status: z.number() });
const movedSchema = z.object({ ns: z.number(), bytes: z.number() });

/**
 * Requests and tunnels from inside the walls to a server on the host's loopback, the whole way: relay, session socket,
 * worker, decision, record. `bare` is the same client without any walls. A second way, from outside straight to the
 * session's socket, shows what the relay inside costs.
 */
export const proxy: Figure = {
  name: 'proxy',
  title: 'Egress',
  async measure(ground) {
    const server = await startServer(ground.measureProgram);
    const session = await holdSession(ground, server.port);
    try {
      const contestants = (args: (host: string) => readonly string[], host = '127.0.0.1') => ({
        gatehouse: inside(ground.gatehouse, [...args(host), 'env'], server.port),
        peer: inside(ground.peer, [...args(host), 'env'], server.port),
        socket: inside(ground.bare, [...args(host), session.socket], server.port),
        bare: inside(ground.bare, args('127.0.0.1'), server.port),
      });
      const ask = (kind: string) => (host: string) => [kind, host, String(server.port), String(requestsPerRound)];
      const rows: Row[] = [];
      const requests = await alternate(rounds, contestants(ask('requests')));
      rows.push(...addedRows('proxied request', 0.7, 200, requests));
      const kept = await alternate(rounds, contestants(ask('kept')));
      rows.push(...addedRows('proxied request on a kept connection', undefined, 200, kept));
      const denied = await alternate(rounds, contestants(ask('requests'), '127.0.0.2'));
      rows.push(...deniedRows(denied));
      for (const [kind, words] of [
        ['down', 'from the server'],
        ['up', 'to the server'],
      ] as const) {
        const move = (host: string) => [kind, host, String(server.port), String(tunnelBytes)];
        rows.push(...tunnelRows(words, await alternate(rounds, contestants(move))));
      }
      return rows;
    } finally {
      server.child.kill();
      await session.end();
    }
  },
};

type Texts = Record<string, { status: number | null; signal: NodeJS.Signals | null; stdout: string; stderr: string }[]>;

function inside(contestant: Contestant, args: readonly string[], port: number) {
  return () => contestant(['./measure', ...args], { grants: [`net.connect:127.0.0.1:${port}`] });
}

/** Median of a contestant's medians, in milliseconds. A wrong status is a wrong measurement. */
function requestMs(texts: Texts, name: string, status: number): number {
  const answers = (texts[name] ?? []).map((text) => parseMeasured(text, answerSchema));
  const wrong = answers.find((answer) => answer.status !== status);
  if (wrong !== undefined) throw new Error(`${name} was answered ${wrong.status} instead of ${status}`);
  return median(answers.map(({ p50 }) => p50)) / 1e6;
}

function addedRows(what: string, targetMs: number | undefined, status: number, texts: Texts): Row[] {
  const bare = requestMs(texts, 'bare', 200);
  const added = (name: string): number => requestMs(texts, name, status) - bare;
  const target = targetMs === undefined ? {} : { target: { at: 'most', value: targetMs } as const };
  const common = { unit: 'ms', bare, runs: rounds * requestsPerRound };
  const note = 'p50 added; bare: p50 of the same request without a proxy';
  return [
    {
      what: `${what}, from inside the walls`,
      ...target,
      ...common,
      measured: added('gatehouse'),
      peer: added('peer'),
      note,
    },
    {
      what: `${what}, at the session's socket`,
      ...target,
      ...common,
      measured: added('socket'),
      note: 'without the relay',
    },
  ];
}

function deniedRows(texts: Texts): Row[] {
  const target = { at: 'most', value: 3 } as const;
  const common = { unit: 'ms', target, runs: rounds * requestsPerRound };
  const of = (name: string): number => requestMs(texts, name, 403);
  return [
    { what: 'denied request, from inside the walls', ...common, measured: of('gatehouse'), peer: of('peer') },
    { what: "denied request, at the session's socket", ...common, measured: of('socket') },
  ];
}

function tunnelRows(words: string, texts: Texts): Row[] {
  const speeds = (name: string): number[] =>
    (texts[name] ?? []).map((text) => parseMeasured(text, movedSchema)).map(({ ns, bytes }) => bytes / ns);
  const bare = median(speeds('bare'));
  const share = (name: string): number => (100 * median(speeds(name))) / bare;
  // The peer's relay now and then drops the end of a stream: then there is no speed to tell, and that is told.
  const attempts = texts['peer']?.length ?? 0;
  texts['peer'] = (texts['peer'] ?? []).filter(({ status }) => status === 0);
  const whole = texts['peer'].length;
  const lost = whole === attempts ? '' : `; ${attempts - whole} of ${attempts} through the peer lost their end`;
  const peer = whole === 0 ? {} : { peer: share('peer') };
  const common = { unit: '%', target: { at: 'least', value: 60 } as const, runs: rounds };
  const note = `of direct loopback, ${bare.toFixed(2)} GB/s`;
  return [
    {
      what: `tunnel ${words}, from inside the walls`,
      ...common,
      measured: share('gatehouse'),
      ...peer,
      note: `${note}${lost}`,
    },
    { what: `tunnel ${words}, at the session's socket`, ...common, measured: share('socket'), note },
  ];
}

/** Starts a session that only holds its socket open. */
async function holdSession({ home }: Ground, port: number): Promise<{ socket: string; end(): Promise<void> }> {
  const { environment, workspace } = home;
  const grant = `net.connect:127.0.0.1:${port}`;
  const client = startGatehouse(['run', ...noBreakerOptions, '--grant', grant, '--', 'sleep', '3600'], {
    environment,
    cwd: workspace,
  });
  const ended = new Promise<void>((resolve) => client.once('exit', () => resolve()));
  const folder = statePaths(environment).sessions;
  const id = await eventually(async () => (await readdir(folder).catch(() => []))[0], { what: 'the session' });
  // Its socket is there once the walls are: a first request would come too early otherwise.
  const socket = path.join(folder, id, 'egress.sock');
  await eventually(async () => (await home.run(['sessions', '--json'])).stdout.includes('"running"'), {
    what: 'the session to run',
  });
  return {
    socket,
    end: async () => {
      await home.run(['kill', id]);
      await ended;
    },
  };
}

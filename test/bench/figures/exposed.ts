import { z } from 'zod';
import { sessionSchema } from '#contract/session.ts';
import { type Finished, parseJsonLines, startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import type { Figure, Row } from '../figure.ts';
import { type Ground, parseMeasured, startServer, timesSchema } from '../ground.ts';
import { alternate, median } from '../statistics.ts';

const rounds = 5;
const requestsPerRound = 300;
const bytes = 250_000_000;
/** Inside. */
const port = 5173;

const movedSchema = z.object({ ns: z.number(), bytes: z.number() });

type Texts = readonly Finished[] | undefined;

/** The way in: from outside through an exposed port to a server in a session, beside the same server on the host. */
export const exposed: Figure = {
  name: 'exposed',
  title: 'Exposed port',
  async measure(ground) {
    const server = await startServer(ground.measureProgram);
    const session = await serveInside(ground);
    try {
      const both = (kind: string, amount: number) => {
        const ask = (to: number) => () => ground.bare(['./measure', kind, '127.0.0.1', String(to), String(amount)]);
        return alternate(rounds, { exposed: ask(session.hostPort), bare: ask(server.port) });
      };
      const rows: Row[] = [];
      for (const [kind, words] of [
        ['requests', 'request on a connection of its own'],
        ['kept', 'request on a kept connection'],
      ] as const) {
        const answers = await both(kind, requestsPerRound);
        const ms = (texts: Texts) => median((texts ?? []).map((text) => parseMeasured(text, timesSchema).p50)) / 1e6;
        const bare = ms(answers['bare']);
        const runs = rounds * requestsPerRound;
        const note =
          kind === 'kept'
            ? 'p50 added'
            : 'p50 added; who connects is read from the kernel’s table, which this very bench fills';
        rows.push({ what: words, unit: 'ms', measured: ms(answers['exposed']) - bare, bare, runs, note });
      }
      for (const [kind, words] of [
        ['down', 'from the server inside'],
        ['up', 'to the server inside'],
      ] as const) {
        const moved = await both(kind, bytes);
        const speed = (texts: Texts) =>
          median((texts ?? []).map((text) => parseMeasured(text, movedSchema)).map((one) => one.bytes / one.ns));
        const bare = speed(moved['bare']);
        const note = `of direct loopback, ${bare.toFixed(2)} GB/s`;
        rows.push({ what: words, unit: '%', measured: (100 * speed(moved['exposed'])) / bare, runs: rounds, note });
      }
      return rows;
    } finally {
      server.child.kill();
      await session.end();
    }
  },
};

/** Starts a session that serves its port. */
async function serveInside({ home }: Ground): Promise<{ hostPort: number; end(): Promise<void> }> {
  const { environment, workspace } = home;
  const client = startGatehouse(['run', '--expose', `0:${port}`, '--', './measure', 'serve', String(port)], {
    environment,
    cwd: workspace,
  });
  const ended = new Promise<void>((resolve) => client.once('exit', () => resolve()));
  let said = '';
  client.stdout?.on('data', (piece: Buffer) => {
    said += piece.toString('latin1');
  });
  client.stderr?.resume();
  await eventually(() => said.includes(String(port)), { what: 'the server inside', deadlineMs: 60_000 });
  const [session] = parseJsonLines((await home.run(['sessions', '--json'])).stdout).map((line) =>
    sessionSchema.parse(line),
  );
  return {
    hostPort: session?.exposed?.[0]?.hostPort ?? 0,
    end: async () => {
      await home.run(['kill', '--all']);
      await ended;
    },
  };
}

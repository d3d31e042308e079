import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { ControlClient } from '../../main/adapters/control/client.ts';
import type { StatePaths } from '../../main/adapters/control/paths.ts';
import { openStream, type SessionEnd } from '../../main/adapters/control/stream-client.ts';
import { splitCallerEnvironment } from '../../main/core/agents/caller-variables.ts';
import { startGatehouse } from '../helpers/gatehouse.ts';
import type { TempHome } from '../helpers/temp-home.ts';

/** What a session does while something is killed. Each says `up` first. `MARK` is its own word, `PORT` the loopback service's. */
const scripts = {
  writer: 'echo up; n=0; while :; do n=$((n+1)); echo $n > written-MARK; sleep 0.02; done',
  // Twice the same: through the HTTP proxy, and through the relay of a granted loopback port.
  caller:
    'echo up; n=0; while :; do n=$((n+1)); curl -s --noproxy "" -m 9 -o out-MARK http://127.0.0.1:PORT/proxied/MARK/$n; curl -s -m 9 -o out-MARK http://127.0.0.1:PORT/relayed/MARK/$n; done',
  flood: 'echo up; exec yes flood of MARK',
  tree: 'echo up; for i in 1 2 3; do sh -c "sleep 600 & sleep 600 & wait" MARK & done; wait',
  daemon: '(setsid sh -c "setsid sleep 600 & sleep 600" MARK &) ; (sleep 600 &) ; echo up; sleep 600',
  short: 'echo up',
} as const;

/** Kinds of load. */
export type LoadKind = keyof typeof scripts;
export const loadKinds = Object.keys(scripts) as [LoadKind, ...LoadKind[]];

/** One session of the load, and everything about it that was acknowledged to its client. */
export interface LoadSession {
  readonly kind: LoadKind;
  readonly mark: string;
  /** Its id, once `session.start` was answered; undefined for one that the command line holds. */
  id: string | undefined;
  /** Whether a line of it was seen. */
  spoke: boolean;
  /** Its last frame, once that came. */
  end: SessionEnd | undefined;
  /** The command line that holds it. */
  readonly client: ChildProcess | undefined;
  /** Resolves when it started, or could not. */
  readonly started: Promise<void>;
  /** Resolves when its client knows that it is over, one way or another. */
  readonly over: Promise<void>;
}

/** What the load stands on. */
export interface LoadGround {
  readonly home: TempHome;
  readonly paths: StatePaths;
  readonly port: number;
}

const commandOf = (kind: LoadKind, mark: string, port: number): string[] => [
  'sh',
  '-c',
  scripts[kind].replaceAll('MARK', mark).replaceAll('PORT', String(port)),
  mark,
];

/** Starts a session through the control API, as the command line would. */
export function startDirect(ground: LoadGround, control: ControlClient, kind: LoadKind, mark: string): LoadSession {
  const { promise: started, resolve: hasStarted } = Promise.withResolvers<void>();
  const run = async (): Promise<void> => {
    const { session, streamToken } = await control.call('session.start', {
      command: commandOf(kind, mark, ground.port),
      cwd: ground.home.workspace,
      grants: [`net.connect:127.0.0.1:${ground.port}`],
      ...splitCallerEnvironment(ground.home.environment),
      environment: {},
      limits: {},
    });
    own.id = session.id;
    const stream = await openStream(ground.paths, streamToken);
    stream.onOutput((name) => {
      if (name === 'stdout') own.spoke = true;
    });
    hasStarted();
    own.end = await stream.ended;
  };
  const own: LoadSession = {
    kind,
    mark,
    id: undefined,
    spoke: false,
    end: undefined,
    client: undefined,
    started,
    // A supervisor that is killed answers nobody: what was acknowledged until then is what counts.
    over: run()
      .catch(() => undefined)
      .finally(hasStarted),
  };
  return own;
}

/** Starts a session with the command line. */
export function startThroughClient(ground: LoadGround, kind: LoadKind, mark: string): LoadSession {
  const grant = ['--grant', `net.connect:127.0.0.1:${ground.port}`];
  const client = startGatehouse(['run', ...grant, '--', ...commandOf(kind, mark, ground.port)], {
    environment: ground.home.environment,
    cwd: ground.home.workspace,
  });
  const over = once(client, 'close').then(() => undefined);
  const spoken = Promise.withResolvers<void>();
  client.stderr?.resume();
  client.stdout?.on('data', () => {
    own.spoke = true;
    spoken.resolve();
  });
  const own: LoadSession = {
    kind,
    mark,
    id: undefined,
    spoke: false,
    end: undefined,
    client,
    started: Promise.race([spoken.promise, over]),
    over,
  };
  return own;
}

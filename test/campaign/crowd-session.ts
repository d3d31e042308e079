import type { ControlClient } from '../../main/adapters/control/client.ts';
import type { StatePaths } from '../../main/adapters/control/paths.ts';
import { openStream, type SessionEnd } from '../../main/adapters/control/stream-client.ts';
import { splitCallerEnvironment } from '../../main/core/agents/caller-variables.ts';
import { noBreakers } from '../helpers/no-breakers.ts';
import type { TempHome } from '../helpers/temp-home.ts';

/** What sessions of the crowd stand on. */
export interface CrowdGround {
  readonly home: TempHome;
  readonly paths: StatePaths;
  readonly control: ControlClient;
  readonly port: number;
}

/** A running session and what it says, line by line. */
export interface CrowdSession {
  readonly id: string;
  /** From the request to the answer, which comes when the command was executed. */
  readonly startMs: number;
  readonly ended: Promise<SessionEnd>;
  say(text: string): void;
  /** Bytes of output so far. */
  bytes(): number;
}

/** Starts a shell script as a session; `onLine` gets its whole lines, `undefined` when nobody wants them. */
export async function startCrowdSession(
  ground: CrowdGround,
  script: string,
  mark: string,
  more: { readonly onLine?: (line: string) => void; readonly limits?: Readonly<Record<string, number>> } = {},
): Promise<CrowdSession> {
  const began = performance.now();
  const { session, streamToken } = await ground.control.call('session.start', {
    command: ['sh', '-c', script, mark],
    cwd: ground.home.workspace,
    grants: [`net.connect:127.0.0.1:${ground.port}`],
    ...splitCallerEnvironment(ground.home.environment),
    environment: {},
    limits: { ...more.limits },
    breakers: noBreakers,
  });
  const startMs = performance.now() - began;
  const stream = await openStream(ground.paths, streamToken);
  let held = '';
  let bytes = 0;
  stream.onOutput((_, chunk) => {
    bytes += chunk.length;
    if (more.onLine === undefined) return;
    const lines = (held + chunk.toString('latin1')).split('\n');
    held = lines.pop() ?? '';
    for (const line of lines) more.onLine(line);
  });
  return {
    id: session.id,
    startMs,
    ended: stream.ended,
    say: (text) => void stream.write(Buffer.from(text)).catch(() => undefined),
    bytes: () => bytes,
  };
}

import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { startGatehouse } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import type { TempHome } from '../../helpers/temp-home.ts';

/** A session that runs until it is told to end, and asks for a host that nobody granted whenever it is told to. */
export interface AskingSession {
  readonly child: ChildProcess;
  /** The status that the proxy answered with. */
  ask(): Promise<string>;
  /** Closes its input; resolves with its exit status. */
  end(): Promise<number | null>;
}

/** Starts one and waits until it speaks. */
export async function startAskingSession(
  home: TempHome,
  environment: Readonly<Record<string, string>> = home.environment,
): Promise<AskingSession> {
  const script = `echo ready; while read _; do curl -sS -m 60 -o /dev/null -w '%{http_code}\\n' http://example.test/; done`;
  const child = startGatehouse(['run', '--', 'sh', '-c', script], { environment, cwd: home.workspace });
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += String(chunk);
  });
  child.stderr?.resume();
  const exit = once(child, 'exit');
  const lines = () => said.split('\n').slice(0, -1);
  await eventually(() => lines()[0] === 'ready', { what: 'the session to speak' });
  return {
    child,
    async ask() {
      const before = lines().length;
      child.stdin?.write('again\n');
      return eventually(() => lines()[before], { what: 'an answer' });
    },
    async end() {
      child.stdin?.end();
      await exit;
      return child.exitCode;
    },
  };
}

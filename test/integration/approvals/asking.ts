import { createServer, type Server, type ServerResponse } from 'node:http';
import path from 'node:path';
import { openTerminal, type Terminal } from '../../helpers/agents/terminal.ts';
import { distFolder, parseJsonLines } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import type { TempHome } from '../../helpers/temp-home.ts';

/** A server on the host's loopback that counts what reached it. */
export interface CountingServer {
  readonly port: number;
  /** Paths of the requests, in order. */
  readonly seen: readonly string[];
  /** Answers to `/hang` that were begun and never end. */
  readonly hanging: readonly ServerResponse[];
  close(): void;
}

export async function startServer(): Promise<CountingServer> {
  const seen: string[] = [];
  const hanging: ServerResponse[] = [];
  const server: Server = createServer((request, response) => {
    seen.push(request.url ?? '');
    if (request.url !== '/hang') response.end('hello from outside\n');
    else {
      hanging.push(response);
      response.write('begun\n');
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    seen,
    hanging,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** `gatehouse WORDS` in a terminal of its own. */
export function openGatehouse(home: TempHome, ...words: string[]): Terminal {
  return openTerminal({
    command: process.execPath,
    args: [path.join(distFolder, 'gatehouse.js'), ...words],
    cwd: home.workspace,
    environment: home.environment,
  });
}

/** A shell as agent, which says when it is ready. */
export async function openAgent(home: TempHome, ...options: string[]): Promise<Terminal> {
  const terminal = openGatehouse(
    home,
    'run',
    ...options,
    '--',
    'bash',
    '-c',
    'stty -echo; echo ready; exec bash --norc',
  );
  await eventually(() => terminal.text().includes('ready'), { what: 'the agent to be ready' });
  return terminal;
}

/** Makes the agent ask for something that nobody granted; `sign` is printed with curl's status when it has its answer. */
export function fetchOf(port: number, place: string, sign: string): string {
  return `curl -s --noproxy '' -o /dev/null -w '${sign}=%{http_code}\\n' http://127.0.0.1:${port}${place}\n`;
}

/** The code of the newest question on the screen, once it differs from `before`. */
export function awaitCode(terminal: Terminal, before = ''): Promise<string> {
  return eventually(
    () => {
      const code = [...terminal.text().matchAll(/ once ([0-9A-Z]{3}) /gu)].at(-1)?.[1];
      return code === before ? undefined : code;
    },
    { what: 'a question on the terminal' },
  );
}

/** Types until `happened`: keys that come while a question is not armed yet are dropped, as they should be. */
export async function typeUntil(
  terminal: Terminal,
  keys: string,
  happened: () => boolean | Promise<boolean>,
  what: string,
): Promise<void> {
  let typedAt = 0;
  await eventually(
    async () => {
      if (await happened()) return true;
      if (performance.now() - typedAt > 1_000) {
        typedAt = performance.now();
        terminal.type(keys);
      }
      return false;
    },
    { what },
  );
}

/** Recorded events of a kind, oldest first. */
export async function eventsOf(home: TempHome, kind: string): Promise<{ detail: Record<string, unknown> }[]> {
  const { stdout } = await home.run(['log', `kind:${kind}`, '--json']);
  return parseJsonLines(stdout) as { detail: Record<string, unknown> }[];
}

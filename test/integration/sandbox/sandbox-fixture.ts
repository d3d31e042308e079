import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import type { Exit } from '#contract/session.ts';
import { createLinuxSandbox } from '../../../main/adapters/sandbox/linux/linux-sandbox.ts';
import { buildPortcullis } from '../../../main/adapters/sandbox/linux/portcullis/build.mjs';
import type { Sandbox, SandboxedProcess, SandboxRequest } from '../../../main/core/sandbox/sandbox.ts';

/** What a finished session delivered. */
export interface Delivered {
  readonly exit: Exit;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
}

/** A person's home, a workspace and everything a launch needs, all new. */
export interface SandboxFixture {
  readonly folder: string;
  readonly home: string;
  readonly homeStore: string;
  readonly workspace: string;
  readonly portcullisPath: string;
  readonly sandbox: Sandbox;
  /** Connections the session's egress socket accepted; what happens with them is up to `onEgress`. */
  onEgress(handler: (socket: Socket) => void): void;
  request(change?: Partial<SandboxRequest>): Promise<SandboxRequest>;
  launch(argv: readonly string[], change?: Partial<SandboxRequest>): Promise<SandboxedProcess>;
  /** Runs a shell script to its end with empty input. */
  shell(script: string, change?: Partial<SandboxRequest>): Promise<Delivered>;
  close(): Promise<void>;
}

export interface FixtureOptions {
  readonly sanitize?: boolean;
  readonly defines?: readonly string[];
}

/** Builds portcullis and prepares folders. Close it in `afterAll`. */
export async function openSandboxFixture(options: FixtureOptions = {}): Promise<SandboxFixture> {
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'gh-sandbox-')));
  const [home, homeStore, runtime] = ['home', 'store', 'run'].map((name) => path.join(folder, name)) as [
    string,
    string,
    string,
  ];
  const workspace = path.join(home, 'project');
  await mkdir(workspace, { recursive: true });
  await mkdir(homeStore, { mode: 0o700 });
  await mkdir(runtime, { mode: 0o700 });
  const portcullisPath = path.join(folder, 'portcullis');
  await buildPortcullis({ outFile: portcullisPath, ...options });
  const sandbox = createLinuxSandbox({ portcullisPath });
  const servers: Server[] = [];
  let handler: (socket: Socket) => void = (socket) => socket.destroy();
  let runs = 0;

  async function request(change: Partial<SandboxRequest> = {}): Promise<SandboxRequest> {
    runs += 1;
    const runtimeFolder = path.join(runtime, String(runs));
    await mkdir(runtimeFolder, { mode: 0o700 });
    const egressSocket = path.join(runtimeFolder, 'egress.sock');
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      socket.on('error', () => socket.destroy());
      handler(socket);
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen({ path: egressSocket }, resolve));
    const { uid, gid, username } = os.userInfo();
    return {
      sessionId: 'a1c9-tiger-lamp',
      caller: { uid, gid, name: username, home },
      homeStore,
      runtimeFolder,
      binds: [{ path: workspace, mode: 'read-write', reason: 'the workspace' }],
      links: [],
      command: { path: '/bin/true', argv: ['true'] },
      cwd: workspace,
      environment: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: home, TERM: 'xterm-256color' },
      egressSocket,
      proxyPort: 18_080,
      relays: [],
      limits: {},
      terminal: undefined,
      ...change,
    };
  }

  async function launch(argv: readonly string[], change: Partial<SandboxRequest> = {}): Promise<SandboxedProcess> {
    return await sandbox.launch(await request({ command: { path: argv[0] ?? '', argv }, ...change }));
  }

  return {
    folder,
    home,
    homeStore,
    workspace,
    portcullisPath,
    sandbox,
    onEgress: (chosen) => {
      handler = chosen;
    },
    request,
    launch,
    shell: async (script, change) => {
      const session = await launch(['/bin/sh', '-c', script], change);
      session.end();
      return await collect(session);
    },
    close: async () => {
      for (const server of servers) server.close();
      await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Everything a session says until its end. Call it right after `launch`. */
export async function collect(session: SandboxedProcess): Promise<Delivered> {
  const pieces = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  session.onOutput((stream, bytes) => {
    pieces[stream].push(bytes);
  });
  const exit = await session.ended;
  return { exit, stdout: Buffer.concat(pieces.stdout), stderr: Buffer.concat(pieces.stderr) };
}

/** A session whose output is awaited piece by piece, as a person at a terminal does. */
export interface Conversation {
  /** Resolves with everything since the last match, once `pattern` is in it. */
  until(pattern: RegExp): Promise<string>;
  type(text: string): Promise<void>;
}

/** Follows a session's output. Call it right after `launch`. */
export function converse(session: SandboxedProcess): Conversation {
  let text = '';
  let wake: () => void = () => undefined;
  session.onOutput((_stream, bytes) => {
    text += Buffer.from(bytes).toString('latin1');
    wake();
  });
  let ended = false;
  void session.ended.then(() => {
    ended = true;
    wake();
  });
  return {
    until: async (pattern) => {
      for (;;) {
        const match = pattern.exec(text);
        if (match !== null) {
          const seen = text.slice(0, match.index + match[0].length);
          text = text.slice(seen.length);
          return seen;
        }
        if (ended) throw new Error(`the session ended before ${pattern}: ${JSON.stringify(text.slice(-2000))}`);
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    type: (typed) => session.write(Buffer.from(typed)),
  };
}

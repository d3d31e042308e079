import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import { resourcesFolder } from './program-files.ts';

/** What a thief's file is read up to; the loot of the demo is small. */
const fileBytesMax = 1024 * 1024;

/** A make-believe home with a secret, a workspace, a listener and another program: what the demo's agent is let loose on. */
export interface Scene {
  readonly folder: string;
  readonly workspace: string;
  readonly keyFile: string;
  /** Values that must never turn up in what the agent says or leaves behind. */
  readonly keyText: string;
  readonly tokenText: string;
  /** Stands in the arguments of another program of the same person. */
  readonly processMark: string;
  readonly collectorPort: number;
  /** Connections that reached the listener outside. */
  collected(): number;
  /** Everything the agent left in the workspace, as one text. */
  leftBehind(): Promise<string>;
  /** Whether something was written beside the key. */
  keyFolderChanged(): Promise<boolean>;
  close(): Promise<void>;
}

/** Sets the scene. Secrets are random, made for this once, and guard nothing. */
export async function openScene(): Promise<Scene> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'gatehouse-demo-')));
  const workspace = join(folder, 'project');
  const keyFolder = join(folder, 'home', '.ssh');
  const keyFile = join(keyFolder, 'id_ed25519');
  const keyText = `DEMO-KEY-${randomBytes(18).toString('hex')}`;
  const tokenText = `demo-token-${randomBytes(18).toString('hex')}`;
  const processMark = `demo-mark-${randomBytes(12).toString('hex')}`;
  await mkdir(workspace);
  await mkdir(keyFolder, { recursive: true, mode: 0o700 });
  await writeFile(keyFile, `${keyText}\n`, { mode: 0o600 });
  await writeFile(
    join(workspace, 'README.md'),
    '# A project\n\nThe agent may read and change everything in this folder.\n',
  );
  await copyFile(join(resourcesFolder, 'demo', 'agent.sh'), join(workspace, 'agent.sh'));
  let collected = 0;
  const collector = createServer((socket) => {
    collected += 1;
    socket.on('error', () => socket.destroy());
    socket.end('HTTP/1.0 200 OK\r\n\r\ncollected\n');
  });
  const collectorPort = await listen(collector);
  const neighbour = startNeighbour(processMark, tokenText);
  return {
    folder,
    workspace,
    keyFile,
    keyText,
    tokenText,
    processMark,
    collectorPort,
    collected: () => collected,
    leftBehind: () => readFolder(workspace),
    keyFolderChanged: async () => (await readdir(keyFolder)).length !== 1,
    async close() {
      collector.close();
      neighbour.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Another program of the same person, with a token in its environment; it ends when this process does. */
function startNeighbour(mark: string, token: string): ChildProcess {
  const program = 'process.stdin.resume(); process.stdin.on("end", () => process.exit())';
  return spawn(process.execPath, ['-e', program, mark], {
    env: { PATH: '/usr/bin:/bin', GATEHOUSE_DEMO_TOKEN: token },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
}

async function listen(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw operatingError('sandbox_failed', 'The demo cannot listen.');
  return address.port;
}

async function readFolder(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const texts = await Promise.all(
    entries
      // Links are not followed: the agent may have made one to the very key.
      .filter((entry) => entry.isFile())
      .map(async (entry) => (await readFile(join(entry.parentPath, entry.name), 'utf8')).slice(0, fileBytesMax)),
  );
  return texts.join('\n');
}

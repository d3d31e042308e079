import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { distFolder } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { cacheFolder, installPeer, peerVersion } from '../ground.ts';
import { allowedAddress, besideAddress, type PlantedHost } from './planted-host.ts';

const execute = promisify(execFile);

/** The second peer, pinned; its native program comes in a package for each platform. */
export const codexVersion = '0.171.0';

export type ContestantName = 'bare' | 'gatehouse' | 'srt' | 'codex';

/** A way to run the agent's steps. */
export interface Contestant {
  readonly name: ContestantName;
  readonly version: string;
  /** The whole command line that runs `command` with the workspace as its folder. */
  commandLine(host: PlantedHost, command: readonly string[]): Promise<readonly [string, ...string[]]>;
  /** A session of its own kind beside the attacking one, which may reach `besideAddress`; where its sockets are. */
  startBeside?(host: PlantedHost): Promise<Beside>;
}

export interface Beside {
  /** Folders in which a session keeps its sockets. */
  readonly folders: readonly string[];
  end(): Promise<void>;
}

export const bare: Contestant = {
  name: 'bare',
  version: '',
  commandLine: async (_host, command) => ['env', ...command],
  startBeside: (host) => gatehouse.startBeside?.(host) ?? Promise.reject(new Error('Gatehouse always has sessions')),
};

export const gatehouse: Contestant = {
  name: 'gatehouse',
  version: '',
  commandLine: async (host, command) => ours(host, allowedAddress, host.ports.allowed, command),
  async startBeside(host) {
    const line = ours(host, besideAddress, host.ports.beside, ['sh', '-c', 'echo up; sleep 60']);
    return beside(host, line, [path.join(host.place.state, 'run')]);
  },
};

function ours(host: PlantedHost, address: string, port: number, command: readonly string[]): [string, ...string[]] {
  const grant = `net.connect:${address}:${port}`;
  const cli = path.join(distFolder, 'gatehouse.js');
  return [process.execPath, cli, 'run', '--workspace', host.workspace, '--grant', grant, '--', ...command];
}

/** Workspace writable, the same host allowed; everything else as it comes. */
export async function openSrt(): Promise<Contestant> {
  const program = await installPeer();
  const line = async (
    host: PlantedHost,
    address: string,
    command: readonly string[],
  ): Promise<readonly [string, ...string[]]> => {
    const settings = path.join(host.place.folder, `srt-${address}.json`);
    const network = { allowedDomains: [address], deniedDomains: [] };
    await writeFile(
      settings,
      JSON.stringify({ network, filesystem: { denyRead: [], allowWrite: ['.'], denyWrite: [] } }),
    );
    return [process.execPath, program, '--settings', settings, '--', ...command];
  };
  return {
    name: 'srt',
    version: peerVersion,
    commandLine: (host, command) => line(host, allowedAddress, command),
    async startBeside(host) {
      return beside(host, await line(host, besideAddress, ['sh', '-c', 'echo up; sleep 60']), ['/tmp']);
    },
  };
}

/** `workspace-write`, whose network is all or nothing: off, as it comes. */
export async function openCodex(): Promise<Contestant> {
  const folder = path.join(cacheFolder, 'codex');
  const native = path.join(folder, 'node_modules/@openai/codex-linux-x64');
  const manifest = await readFile(path.join(native, 'package.json'), 'utf8').catch(() => '');
  if (!manifest.includes(`"version": "${codexVersion}-`)) {
    await mkdir(folder, { recursive: true });
    await writeFile(path.join(folder, 'package.json'), '{"private":true}\n');
    const wanted = `@openai/codex@${codexVersion}`;
    await execute('npm', ['install', '--no-audit', '--no-fund', wanted], { cwd: folder });
  }
  const program = path.join(native, 'vendor/x86_64-unknown-linux-musl/bin/codex');
  await access(program);
  return {
    name: 'codex',
    version: codexVersion,
    commandLine: async (_host, command) => [
      program,
      'sandbox',
      '-c',
      'sandbox_mode="workspace-write"',
      '--',
      ...command,
    ],
  };
}

async function beside(
  host: PlantedHost,
  [file, ...args]: readonly [string, ...string[]],
  folders: readonly string[],
): Promise<Beside> {
  const child: ChildProcess = spawn(file, args, {
    cwd: host.workspace,
    env: { ...host.environment },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const ended = once(child, 'close');
  const end = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    await ended;
  };
  try {
    await eventually(() => said.includes('up'), { what: 'the session beside to run' });
  } catch (error) {
    await end();
    throw error;
  }
  return { folders, end };
}

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A real agent, pinned, as the end-to-end tests drive it. */
export interface AgentPackage {
  readonly preset: 'claude-code' | 'opencode' | 'gemini-cli';
  readonly package: string;
  readonly version: string;
  readonly command: string;
  /** Its own install script, relative to the package: npm runs none that were not allowed, so it is run by name. */
  readonly installScript: string | undefined;
}

export const agentPackages: readonly AgentPackage[] = [
  {
    preset: 'claude-code',
    package: '@anthropic-ai/claude-code',
    version: '2.1.197',
    command: 'claude',
    installScript: 'install.cjs',
  },
  {
    preset: 'opencode',
    package: 'opencode-ai',
    version: '1.18.33',
    command: 'opencode',
    installScript: 'postinstall.mjs',
  },
  {
    preset: 'gemini-cli',
    package: '@google/gemini-cli',
    version: '0.61.0',
    command: 'gemini',
    installScript: undefined,
  },
];

const run = promisify(execFile);
const installMs = 600_000;

/** Where agents are kept between runs. */
export function agentCache(): string {
  const repository = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
  return process.env['GATEHOUSE_TEST_CACHE'] ?? join(repository, '.cache', 'agents');
}

/**
 * The path of an agent's command, installed first when it is not there. Safe against a second run at the same time and
 * against being interrupted: an installation gets its final name only when it is complete.
 */
export async function installAgent(agent: AgentPackage): Promise<string> {
  const folder = join(agentCache(), `${agent.preset}-${agent.version}`);
  const command = join(folder, 'node_modules', '.bin', agent.command);
  if (await exists(command)) return command;
  const unfinished = `${folder}.new-${randomBytes(6).toString('hex')}`;
  await mkdir(unfinished, { recursive: true });
  try {
    await installInto(unfinished, agent);
    await rename(unfinished, folder).catch(async (error: unknown) => {
      // Another run was quicker.
      if (!(await exists(command))) throw error;
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return command;
}

async function installInto(folder: string, agent: AgentPackage): Promise<void> {
  await writeFile(join(folder, 'package.json'), '{"private":true}\n');
  const options = { cwd: folder, timeout: installMs, maxBuffer: 16 * 1024 * 1024 };
  const fixed = ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder];
  await run('npm', [...fixed, `${agent.package}@${agent.version}`], options);
  if (agent.installScript !== undefined) {
    await run(process.execPath, [agent.installScript], {
      ...options,
      cwd: join(folder, 'node_modules', agent.package),
    });
  }
  const version = await run(join(folder, 'node_modules', '.bin', agent.command), ['--version'], {
    ...options,
    env: { PATH: process.env['PATH'], HOME: folder },
  });
  if (!version.stdout.includes(agent.version)) throw new Error(`${agent.command} says ${version.stdout}`);
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

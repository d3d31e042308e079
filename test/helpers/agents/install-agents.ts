import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** A real agent, pinned, as the end-to-end tests and the campaign drive it. */
export interface AgentPackage {
  readonly preset:
    | 'claude-code'
    | 'opencode'
    | 'gemini-cli'
    | 'codex'
    | 'copilot-cli'
    | 'qwen-code'
    | 'cline'
    | 'amp'
    | 'crush'
    | 'pi';
  readonly package: string;
  readonly version: string;
  readonly command: string;
  /** Its own install script, relative to the package: npm runs none that were not allowed, so it is run by name. */
  readonly installScript: string | undefined;
}

/** Those that run with every test: few, since each is downloaded once and started several times. */
export const agentPackages: readonly AgentPackage[] = [
  {
    preset: 'claude-code',
    package: '@anthropic-ai/claude-code',
    version: '2.1.197',
    command: 'claude',
    installScript: 'install.cjs',
  },
  {
    preset: 'gemini-cli',
    package: '@google/gemini-cli',
    version: '0.61.0',
    command: 'gemini',
    installScript: undefined,
  },
  { preset: 'codex', package: '@openai/codex', version: '0.171.0', command: 'codex', installScript: undefined },
];

/** Those that only `npm run campaign -- agents` runs. */
export const campaignPackages: readonly AgentPackage[] = [
  {
    preset: 'opencode',
    package: 'opencode-ai',
    version: '1.18.33',
    command: 'opencode',
    installScript: 'postinstall.mjs',
  },
  {
    preset: 'copilot-cli',
    package: '@github/copilot',
    version: '1.0.102',
    command: 'copilot',
    installScript: undefined,
  },
  {
    preset: 'qwen-code',
    package: '@qwen-code/qwen-code',
    version: '0.24.4',
    command: 'qwen',
    installScript: undefined,
  },
  { preset: 'cline', package: 'cline', version: '3.0.65', command: 'cline', installScript: 'postinstall.mjs' },
  {
    preset: 'pi',
    package: '@earendil-works/pi-coding-agent',
    version: '1.6.0',
    command: 'pi',
    installScript: undefined,
  },
];

/** Known, and not to be tried without what stands outside: their presets are unverified. */
export const untriedPackages: readonly (AgentPackage & { readonly why: string })[] = [
  {
    preset: 'amp',
    package: '@ampcode/cli',
    version: '0.0.1790142911-g7618fb',
    command: 'amp',
    installScript: 'install.cjs',
    why: "it starts, but does nothing without its maker's server, whose protocol no script here speaks",
  },
  {
    preset: 'crush',
    package: '@charmland/crush',
    version: '0.96.1',
    command: 'crush',
    installScript: 'install.js',
    why: 'its package downloads the program from another site when it is installed',
  },
];

/** The agents that `GATEHOUSE_TEST_AGENTS` names (separated by commas, or `all`); without it those of every test. */
export function wantedPackages(): readonly AgentPackage[] {
  const wanted = process.env['GATEHOUSE_TEST_AGENTS'];
  if (wanted === undefined || wanted === '') return agentPackages;
  const tried = [...agentPackages, ...campaignPackages];
  if (wanted === 'all') return tried;
  const named = wanted.split(',');
  return [...tried, ...untriedPackages].filter(({ preset }) => named.includes(preset));
}

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

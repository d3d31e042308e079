import type { ScriptedModel } from '../../fixtures/model/scripted-model.mjs';
import type { AgentPackage } from './install-agents.ts';

/** How one real agent is pointed at the scripted model and told what to do. */
export interface AgentDrive {
  /** `--env` values. */
  readonly variables: Readonly<Record<string, string>>;
  /** A command run as this agent beforehand, in a session of its own, that leaves settings in the private home. */
  readonly before?: (command: string) => readonly string[];
  /** Arguments for a run that ends by itself. */
  readonly piped: readonly string[];
  /** Arguments for a full-screen run that begins with the same task. */
  readonly interactive: readonly string[];
  /** What its terminal sends, when it asks for the newer keyboard protocol and then hears nothing else. */
  readonly keys?: { readonly enter: string; readonly interrupt: string };
}

/** What each is told, unless a caller puts other words in its place. */
export const task = 'Please do it now.';

/** The key each agent is given; it must reach the model and never the record. */
export const keyForModel = 'sk-canary-5f1e9c27b04d4a6e8d13';

/** Found by trying each agent on the bare machine: with these it works without any question, except one of trust. */
export function driveAgent(agent: AgentPackage, model: Pick<ScriptedModel, 'url'>): AgentDrive {
  return drives[agent.preset](model.url);
}

const drives: Readonly<Record<AgentPackage['preset'], (url: string) => AgentDrive>> = {
  'claude-code': (url) => {
    // Not --dangerously-skip-permissions: it asks another question in a terminal, and refuses to run as root.
    const allowed = ['--allowedTools', 'Bash,Write,Edit,Read'];
    return {
      variables: { ANTHROPIC_API_KEY: keyForModel, ANTHROPIC_BASE_URL: url },
      piped: [...allowed, '-p', '--', task],
      interactive: [...allowed, '--', task],
    };
  },
  opencode: (url) => ({
    variables: { OPENCODE_CONFIG_CONTENT: JSON.stringify(opencodeConfig(url)) },
    piped: ['run', '--model', 'mock/scripted', task],
    interactive: ['--model', 'mock/scripted', '--prompt', task],
  }),
  'gemini-cli': (url) => {
    // Without -m it first asks a classifier model.
    const fixed = ['--yolo', '--skip-trust', '-m', 'gemini-2.5-flash'];
    return {
      variables: { GEMINI_API_KEY: keyForModel, GOOGLE_GEMINI_BASE_URL: url },
      piped: [...fixed, '-p', task],
      interactive: [...fixed, '-i', task],
    };
  },
  codex: (url) => {
    const provider = `{name="mock",base_url="${url}/v1",env_key="OPENAI_API_KEY",wire_api="responses"}`;
    // The sandbox is off by the preset; only its questions are switched off here.
    const fixed = [
      '-c',
      'model_provider="mock"',
      '-c',
      `model_providers.mock=${provider}`,
      '-c',
      'approval_policy="never"',
    ];
    return {
      variables: { OPENAI_API_KEY: keyForModel },
      piped: [...fixed, 'exec', '--skip-git-repo-check', '-m', 'scripted', task],
      interactive: [...fixed, '-m', 'scripted', task],
    };
  },
  'copilot-cli': (url) => ({
    variables: {
      COPILOT_PROVIDER_BASE_URL: `${url}/v1`,
      COPILOT_PROVIDER_API_KEY: keyForModel,
      COPILOT_MODEL: 'scripted',
    },
    piped: ['--allow-all-tools', '-p', task],
    interactive: ['--allow-all-tools', '-i', task],
    keys: { enter: '\x1b[13u', interrupt: '\x1b[99;5u' },
  }),
  'qwen-code': (url) => {
    const fixed = ['--auth-type', 'openai', '--yolo'];
    return {
      variables: { OPENAI_API_KEY: keyForModel, OPENAI_BASE_URL: `${url}/v1`, OPENAI_MODEL: 'scripted' },
      piped: [...fixed, '-p', task],
      interactive: [...fixed, '-i', task],
    };
  },
  cline: (url) => ({
    variables: {},
    before: (command) => [command, 'auth', '-p', 'openai', '-k', keyForModel, '-m', 'scripted', '-b', `${url}/v1`],
    piped: ['-P', 'openai-compatible', task],
    interactive: ['-P', 'openai-compatible', '-i', task],
  }),
  pi: (url) => ({
    variables: { MOCK_API_KEY: keyForModel },
    before: () => [
      '/bin/sh',
      '-c',
      'mkdir -p ~/.pi/agent && printf %s "$0" >~/.pi/agent/models.json',
      JSON.stringify(piModels(url)),
    ],
    piped: ['--provider', 'mock', '--model', 'scripted', '-p', task],
    interactive: ['--provider', 'mock', '--model', 'scripted', task],
  }),
  amp: (url) => ({
    variables: { AMP_API_KEY: keyForModel, AMP_URL: url },
    piped: ['--dangerously-allow-all', '-x', task],
    interactive: ['--dangerously-allow-all'],
  }),
  crush: () => ({ variables: {}, piped: ['run', task], interactive: [] }),
};

function piModels(url: string): unknown {
  const scripted = {
    id: 'scripted',
    name: 'scripted',
    reasoning: false,
    input: ['text'],
    contextWindow: 100_000,
    maxTokens: 4096,
    cost: { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 },
  };
  return {
    providers: {
      mock: { baseUrl: `${url}/v1`, api: 'openai-completions', apiKey: '$MOCK_API_KEY', models: [scripted] },
    },
  };
}

function opencodeConfig(url: string): unknown {
  const scripted = { name: 'scripted', tool_call: true, limit: { context: 100_000, output: 4096 } };
  return {
    provider: {
      mock: {
        npm: '@ai-sdk/openai-compatible',
        name: 'mock',
        options: { baseURL: `${url}/v1`, apiKey: keyForModel },
        models: { scripted },
      },
    },
    permission: { bash: 'allow', edit: 'allow', external_directory: 'allow' },
  };
}

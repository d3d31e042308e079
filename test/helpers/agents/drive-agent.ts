import type { ScriptedModel } from '../../fixtures/model/scripted-model.mjs';
import type { AgentPackage } from './install-agents.ts';

/** How one real agent is pointed at the scripted model and told what to do. */
export interface AgentDrive {
  /** `--env` values. */
  readonly variables: Readonly<Record<string, string>>;
  /** Arguments for a run that ends by itself. */
  readonly piped: readonly string[];
  /** Arguments for a full-screen run that begins with the same task. */
  readonly interactive: readonly string[];
}

const task = 'Please do it now.';

/** The key each agent is given; it must reach the model and never the record. */
export const keyForModel = 'sk-canary-5f1e9c27b04d4a6e8d13';

/** Found by trying each agent on the bare machine: with these it works without any question, except one of trust. */
export function driveAgent(agent: AgentPackage, model: Pick<ScriptedModel, 'url'>): AgentDrive {
  if (agent.preset === 'claude-code') {
    // Not --dangerously-skip-permissions: it asks another question in a terminal, and refuses to run as root.
    const allowed = ['--allowedTools', 'Bash,Write,Edit,Read'];
    return {
      variables: { ANTHROPIC_API_KEY: keyForModel, ANTHROPIC_BASE_URL: model.url },
      piped: [...allowed, '-p', '--', task],
      interactive: [...allowed, '--', task],
    };
  }
  if (agent.preset === 'opencode') {
    return {
      variables: { OPENCODE_CONFIG_CONTENT: JSON.stringify(opencodeConfig(model.url)) },
      piped: ['run', '--model', 'mock/scripted', task],
      interactive: ['--model', 'mock/scripted', '--prompt', task],
    };
  }
  // Without -m it first asks a classifier model.
  const fixed = ['--yolo', '--skip-trust', '-m', 'gemini-2.5-flash'];
  return {
    variables: { GEMINI_API_KEY: keyForModel, GOOGLE_GEMINI_BASE_URL: model.url },
    piped: [...fixed, '-p', task],
    interactive: [...fixed, '-i', task],
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

import type { Result } from '#contract/api.ts';
import type { SessionStart } from '#contract/session.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import { errorDataOf } from './failure.ts';
import type { Terminal } from './terminal.ts';

/** Who it is, and what it would be told; then somebody may have changed that once more while a person read. */
const questionsMax = 4;

/**
 * Starts a session. An agent that is new, or not the program that was accepted, and instructions that are not those that were pinned, are
 * asked about first, where somebody can be asked; then the start is tried once more.
 */
export async function startSession(
  terminal: Terminal,
  control: ControlClient,
  request: SessionStart,
): Promise<Result<'session.start'>> {
  for (let asked = 0; ; asked += 1) {
    try {
      return await control.call('session.start', request);
    } catch (error) {
      if (request.terminal === undefined || request.ask === 'deny' || asked >= questionsMax) throw error;
      const { agent, memory } = errorDataOf(error) ?? {};
      if (agent !== undefined) {
        const { acceptInTerminal } = await import('./prompt/ask-about-agent.ts');
        await acceptInTerminal(terminal, agent);
      } else if (memory !== undefined) {
        const { acceptMemoryInTerminal } = await import('./prompt/ask-about-memory.ts');
        await acceptMemoryInTerminal(terminal, memory);
      } else throw error;
    }
  }
}

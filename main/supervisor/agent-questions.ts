import type { AgentQuestion } from '#contract/agent.ts';
import { OpenQuestions } from './open-questions.ts';

/** Questions about agents that nobody has answered yet. */
export class AgentQuestions extends OpenQuestions<AgentQuestion> {
  constructor() {
    super({
      keptMax: 64,
      subject: ({ name }) => name,
      name: 'This question about an agent',
      again: '`gatehouse agents add` or `gatehouse agents accept`',
    });
  }

  /** The newest open one about an agent. */
  newestOf(name: string, kind: AgentQuestion['kind']): AgentQuestion | undefined {
    return this.newest((each) => each.name === name && each.kind === kind);
  }
}

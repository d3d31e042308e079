import type { ReviewedAgent } from '#contract/review.ts';
import { Icon } from '../../components/icon.tsx';
import { flagWords, programWords, stateWords } from './agent-words.ts';
import type { KnownAgent } from './known-agent.ts';

/** An agent's state and everything that deserves a look, in words. */
export function AgentBadges({ known: { agent, reviewed } }: { readonly known: KnownAgent }) {
  return (
    <span className="agent-badges">
      <span
        className={`badge ${agent.state === 'active' ? 'badge-good' : agent.state === 'suspended' ? 'badge-attention' : ''}`}
      >
        <Icon name={agent.state === 'active' ? 'check' : agent.state === 'suspended' ? 'pause' : 'close'} />
        {stateWords[agent.state]}
      </span>
      {reviewed?.flags.map((flag) => {
        const { word, advice } = flagWords(flag, reviewed);
        return (
          <span key={flag} className="badge badge-attention" title={advice}>
            <Icon name="alert" />
            {word}
          </span>
        );
      })}
    </span>
  );
}

/** Whether what is at the program's place now is what a person accepted. */
export function AttestationTick({ program }: { readonly program: ReviewedAgent['program'] }) {
  return (
    <span className={program === 'accepted' ? 'tick tick-good' : 'tick tick-bad'}>
      <Icon name={program === 'accepted' ? 'check' : 'alert'} />
      {programWords[program]}
    </span>
  );
}

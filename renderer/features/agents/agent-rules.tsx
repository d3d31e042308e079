import { useState } from 'react';
import type { AlwaysRule } from '#contract/always-rule.ts';
import type { ErrorData } from '#contract/errors.ts';
import { grantWords } from '#contract/text/grant-words.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { When } from '../../components/when.tsx';
import { useLink } from '../../stores/link-store.ts';
import { counted } from './agent-words.ts';
import type { KnownAgent } from './known-agent.ts';

/** What the person answered with "always", where that came from, and its end. */
export function AgentRules({
  known: { agent, reviewed },
  reload,
}: {
  readonly known: KnownAgent;
  readonly reload: () => void;
}) {
  const [error, setError] = useState<ErrorData>();
  const [said, setSaid] = useState('');
  const connected = useLink(({ link }) => link.state === 'connected');
  const rules = reviewed?.rules ?? [];
  const remove = (rule: AlwaysRule) => {
    setError(undefined);
    call('grant.revoke', { id: rule.id }).then(
      ({ grants, closed }) => {
        setSaid(removedWords(rule, grants.length, closed));
        reload();
      },
      (failure: unknown) => setError(errorDataOf(failure)),
    );
  };
  return (
    <section className="part" aria-labelledby="rules-heading">
      <h2 id="rules-heading">
        Always <span className="dim">{rules.length}</span>
      </h2>
      {rules.length === 0 && (
        <p className="dim">
          {agent.state === 'retired'
            ? 'Retired: nothing is given to it.'
            : 'Nothing. “Always”, answered to a question of its, is listed here.'}
        </p>
      )}
      <ul className="lines">
        {rules.map((rule) => (
          <li key={rule.id} className="rule-line">
            <div>
              May always <strong>{grantWords(rule.spec)}</strong> in <ForeignText text={rule.workspace} most={56} />
              <p className="dim">
                You allowed this on {new Date(rule.givenAt).toLocaleDateString(undefined, { dateStyle: 'long' })} while{' '}
                <q>{visible(rule.because)}</q> was being done.{' '}
                {rule.uses === 0 ? (
                  'Never used.'
                ) : (
                  <>
                    Used {counted(rule.uses, 'time')}
                    {rule.lastUsedAt !== undefined && (
                      <>
                        , last <When at={rule.lastUsedAt} />
                      </>
                    )}
                    .
                  </>
                )}{' '}
                <span className="mono">{rule.id}</span>
              </p>
            </div>
            <button
              type="button"
              className="button button-bad"
              disabled={!connected}
              aria-label={`Remove: always ${grantWords(rule.spec)}`}
              title="It is not given any more, and taken back from tasks that run now."
              onClick={() => remove(rule)}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      <p role="status" className="dim">
        {said}
      </p>
      {error !== undefined && <ErrorNote title="The rule is still there." error={error} />}
    </section>
  );
}

function removedWords({ spec }: AlwaysRule, grants: number, closed: number): string {
  const taken = grants === 0 ? '' : ` Taken back from ${counted(grants, 'running task')}.`;
  const ended = closed === 0 ? '' : ` ${counted(closed, 'connection')} closed.`;
  return `Removed: ${grantWords(spec)}.${taken}${ended}`;
}

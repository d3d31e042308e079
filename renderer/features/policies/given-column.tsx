import { useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { When } from '../../components/when.tsx';
import { useLink } from '../../stores/link-store.ts';
import { useAnswer } from '../../stores/use-answer.ts';
import { Column } from './layers.tsx';
import { isWanted, shortPath, timesText } from './rule-words.ts';

const givers = { person: 'you', preset: 'its preset', workspace: 'Gatehouse', always: 'an always-rule' } as const;
const changing = /^(?:grant|rule|task|session)\./u;

interface Props {
  readonly home: string;
  readonly wanted: string;
  readonly isOpen: boolean;
  readonly open: () => void;
}

/** What the person gave: always, and to tasks that run now. Both end with one press. */
export function GivenColumn({ home, wanted, isOpen, open }: Props) {
  const { value, error, reload } = useAnswer('given', () => call('grant.list', { all: false }), changing);
  const [failure, setFailure] = useState<ErrorData>();
  const [said, setSaid] = useState('');
  const connected = useLink(({ link }) => link.state === 'connected');
  const rules = (value?.rules ?? []).filter(({ agent, workspace, spec, because }) =>
    isWanted([agent, workspace, spec, because], wanted),
  );
  const grants = (value?.grants ?? []).filter(({ giver, spec }) => giver !== 'workspace' && isWanted([spec], wanted));
  const count = rules.length + grants.length;
  const revoke = (id: string, spec: string) => {
    setFailure(undefined);
    call('grant.revoke', { id }).then(
      () => {
        setSaid(`Taken back: ${visible(spec)}`);
        reload();
      },
      (error: unknown) => setFailure(errorDataOf(error)),
    );
  };
  return (
    <Column title="Given by you" lead="Lifts gates, never a “never”." count={count} isOpen={isOpen} open={open}>
      {error !== undefined && <ErrorNote error={error} />}
      {failure !== undefined && <ErrorNote title="It is still given." error={failure} />}
      <p role="status" className="dim status-line">
        {said}
      </p>
      {value !== undefined && count === 0 && (
        <p className="dim layer-note">
          {wanted === ''
            ? 'Nothing is given now. What you allow for a task or always is listed here.'
            : 'Nothing here has these letters.'}
        </p>
      )}
      <ul className="layer-items">
        {rules.map((rule) => (
          <li key={rule.id} className="rule rule-given">
            <div>
              <p className="rule-sentence">
                <a className="text-link" href={`#/agents/${rule.agent}`}>
                  {rule.agent}
                </a>{' '}
                always, in <ForeignText text={shortPath(rule.workspace, home)} most={40} />
              </p>
              <p className="rule-spec">
                <ForeignText text={rule.spec} most={60} />
              </p>
              <p className="rule-reason">
                You allowed this on {new Date(rule.givenAt).toLocaleDateString(undefined, { dateStyle: 'long' })} while{' '}
                <q>{visible(rule.because)}</q> was being done.
              </p>
            </div>
            <button
              type="button"
              className="button button-bad"
              disabled={!connected}
              aria-label={`Remove: ${rule.agent} always ${visible(rule.spec)}`}
              onClick={() => revoke(rule.id, rule.spec)}
            >
              Remove
            </button>
          </li>
        ))}
        {grants.map((grant) => (
          <li key={grant.id} className="rule rule-given">
            <div>
              <p className="rule-spec">
                <ForeignText text={grant.spec} most={60} />
              </p>
              <p className="rule-reason">
                To one task, from {givers[grant.giver]}; ends <When at={grant.expiresAt} />; {timesText(grant.uses)}
              </p>
            </div>
            <button
              type="button"
              className="button"
              disabled={!connected}
              aria-label={`Take back ${visible(grant.spec)}`}
              onClick={() => revoke(grant.id, grant.spec)}
            >
              Take back
            </button>
          </li>
        ))}
      </ul>
    </Column>
  );
}

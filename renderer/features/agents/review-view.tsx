import type { ReviewedAgent } from '#contract/review.ts';
import { grantWords } from '#contract/text/grant-words.ts';
import { visible } from '#contract/text/visible.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Icon } from '../../components/icon.tsx';
import { When } from '../../components/when.tsx';
import { useLink } from '../../stores/link-store.ts';
import { AgentBadges, AttestationTick } from './agent-badges.tsx';
import { Specs } from './agent-detail.tsx';
import { counted, flagWords, sizeWords } from './agent-words.ts';
import { BackLink } from './back-link.tsx';
import type { KnownAgent } from './known-agent.ts';
import type { KnownAgents } from './use-agents.ts';
import { useProposal } from './use-proposal.ts';

const givers = { person: 'you', preset: 'its preset', workspace: 'Gatehouse', always: 'an always-rule' } as const;

/** Who may do what: every agent with everything it has, and what to do about what stands out. */
export function ReviewView({ known: { agents, review } }: { readonly known: KnownAgents }) {
  const { asking, said, error, propose } = useProposal();
  const connected = useLink(({ link }) => link.state === 'connected');
  const shown = agents.filter(({ reviewed }) => reviewed !== undefined);
  const flagged = shown.filter(({ reviewed }) => (reviewed?.flags.length ?? 0) > 0);
  return (
    <>
      <header className="agents-head">
        <BackLink />
        <h1>Who may do what</h1>
        <span className="spacer" />
        <button
          type="button"
          className="button"
          disabled={asking || !connected || shown.length === 0}
          onClick={() => propose({ kind: 'review' }, 'It is on record that you looked through them.')}
        >
          Put on record that I looked
        </button>
      </header>
      <p role="status" className="status-line review-lead">
        {said}
      </p>
      {error !== undefined && <ErrorNote error={error} />}
      {shown.length === 0 ? (
        <EmptyState title="There are no agents, so nobody may do anything" />
      ) : (
        <>
          <p className="review-lead">
            {flagged.length === 0
              ? 'Nothing stands out.'
              : `${counted(flagged.length, 'agent')} of ${shown.length} deserve${flagged.length === 1 ? 's' : ''} a look.`}{' '}
            <span className="dim">
              {review.reviewedAt === undefined ? (
                'No review is on record yet.'
              ) : (
                <>
                  Last on record <When at={review.reviewedAt} />.
                </>
              )}
            </span>
          </p>
          <ul className="review" aria-label="Agents with what they may do">
            {[...flagged, ...shown.filter((each) => !flagged.includes(each))].map((each) => (
              <Reviewed key={each.agent.name} known={each} />
            ))}
          </ul>
        </>
      )}
    </>
  );
}

function Reviewed({ known }: { readonly known: KnownAgent }) {
  const { agent, reviewed } = known;
  if (reviewed === undefined) return null;
  return (
    <li className="part">
      <h2>
        <a className="text-link" href={`#/agents/${agent.name}`}>
          {agent.name}
        </a>{' '}
        <AgentBadges known={known} />
      </h2>
      {reviewed.flags.map((flag) => (
        <p key={flag} className="advice-line">
          <Icon name="alert" /> {visible(flagWords(flag, reviewed).advice)}
        </p>
      ))}
      <dl className="agent-facts">
        <dt>Answers for it</dt>
        <dd>
          {visible(agent.owner)} <span className="dim">for {visible(agent.purpose)}</span>
        </dd>
        <dt>Program</dt>
        <dd>
          <ForeignText text={agent.attestation.path} most={64} /> <AttestationTick program={reviewed.program} />
        </dd>
        <dt>Last session</dt>
        <dd>
          <LastSession reviewed={reviewed} />
        </dd>
        <dt>Its preset gives</dt>
        <dd>{reviewed.presetGrants.length === 0 ? 'nothing' : <Specs specs={reviewed.presetGrants} />}</dd>
        <dt>Always</dt>
        <dd>
          {reviewed.rules.length === 0
            ? 'nothing'
            : reviewed.rules.map(({ id, spec, workspace, uses }) => (
                <p key={id}>
                  {grantWords(spec)} in <ForeignText text={workspace} most={48} />{' '}
                  <span className="dim">{uses === 0 ? 'never used' : `used ${counted(uses, 'time')}`}</span>
                </p>
              ))}
        </dd>
        <dt>Now</dt>
        <dd>
          {reviewed.grants.length === 0
            ? 'no grant is in force'
            : reviewed.grants.map(({ id, spec, giver, expiresAt }) => (
                <p key={id}>
                  <ForeignText text={spec} most={64} />{' '}
                  <span className="dim">
                    from {givers[giver]}, ends <When at={expiresAt} />
                  </span>
                </p>
              ))}
        </dd>
        <dt>Keeps</dt>
        <dd>
          {reviewed.login.length === 0 ? 'no login' : `a login (${reviewed.login.map(visible).join(', ')})`};{' '}
          {reviewed.homes.count === 0
            ? 'no homes'
            : `homes in ${counted(reviewed.homes.count, 'workspace')}, ${reviewed.homes.complete ? '' : 'at least '}${sizeWords(reviewed.homes.bytes)}`}
        </dd>
      </dl>
    </li>
  );
}

function LastSession({ reviewed: { lastSession, running, idleDays } }: { readonly reviewed: ReviewedAgent }) {
  if (lastSession === undefined) return <>none is known</>;
  return (
    <>
      <When at={lastSession.startedAt} /> in <ForeignText text={lastSession.workspace} most={48} />
      <span className="dim">{running > 0 ? `, ${running} running` : `, ${counted(idleDays, 'day')} idle`}</span>
    </>
  );
}

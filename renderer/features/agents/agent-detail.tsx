import { visible } from '#contract/text/visible.ts';
import { call } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { When } from '../../components/when.tsx';
import { useLink } from '../../stores/link-store.ts';
import { useAnswer } from '../../stores/use-answer.ts';
import { AgentBadges, AttestationTick } from './agent-badges.tsx';
import { AgentRules } from './agent-rules.tsx';
import { AgentSessions } from './agent-sessions.tsx';
import { counted, flagWords, sizeWords } from './agent-words.ts';
import { BackLink } from './back-link.tsx';
import { CopyText } from './copy-text.tsx';
import type { KnownAgent } from './known-agent.ts';
import { Lifecycle } from './lifecycle.tsx';
import { useProposal } from './use-proposal.ts';

/** One agent: who it is, what it runs, what it did, what it always may, and its life. */
export function AgentDetail({ known, reload }: { readonly known: KnownAgent; readonly reload: () => void }) {
  const { agent, reviewed } = known;
  return (
    <>
      <header className="agents-head">
        <BackLink />
        <h1>{agent.name}</h1>
        <AgentBadges known={known} />
        {agent.title !== agent.name && <span className="dim">{visible(agent.title)}</span>}
      </header>
      <div className="agent-detail">
        <div className="agent-main">
          {reviewed !== undefined && reviewed.flags.length > 0 && (
            <ul className="advice" aria-label="What deserves a look">
              {reviewed.flags.map((flag) => {
                const { word, advice } = flagWords(flag, reviewed);
                return (
                  <li key={flag}>
                    <strong>{word}</strong> {visible(advice)}
                  </li>
                );
              })}
            </ul>
          )}
          <Identity known={known} />
          <Program known={known} reload={reload} />
          <AgentRules known={known} reload={reload} />
          <AgentSessions sessions={known.sessions} />
          {agent.state !== 'retired' && <Homes name={agent.name} />}
        </div>
        <Lifecycle known={known} reload={reload} />
      </div>
    </>
  );
}

function Identity({ known: { agent } }: { readonly known: KnownAgent }) {
  return (
    <section className="part" aria-labelledby="identity-heading">
      <h2 id="identity-heading">Identity</h2>
      <dl className="agent-facts">
        <dt>Key in words</dt>
        <dd>
          <strong className="mono">{agent.words}</strong> <CopyText text={agent.words} what="the key in words" />
        </dd>
        <dt>Fingerprint</dt>
        <dd>
          <span className="mono hex">{agent.fingerprint}</span>{' '}
          <CopyText text={agent.fingerprint} what="the fingerprint" />
        </dd>
        <dt>Owner</dt>
        <dd>{visible(agent.owner)}</dd>
        <dt>Purpose</dt>
        <dd>{visible(agent.purpose)}</dd>
        <dt>Brought in</dt>
        <dd>
          <When at={agent.createdAt} />
        </dd>
        <dt>Seen</dt>
        <dd>{agent.lastSeenAt === undefined ? 'never' : <When at={agent.lastSeenAt} />}</dd>
      </dl>
    </section>
  );
}

function Program({ known: { agent, reviewed }, reload }: { readonly known: KnownAgent; readonly reload: () => void }) {
  const { asking, said, error, propose } = useProposal();
  const connected = useLink(({ link }) => link.state === 'connected');
  const { path, sha256, interpreters, package: from } = agent.attestation;
  return (
    <section className="part" aria-labelledby="program-heading">
      <h2 id="program-heading">Program {reviewed !== undefined && <AttestationTick program={reviewed.program} />}</h2>
      {reviewed?.program === 'changed' && (
        <p>
          <button
            type="button"
            className="button"
            disabled={asking || !connected}
            onClick={() =>
              propose({ kind: 'agent', name: agent.name }, 'The program that is there now is accepted.', reload)
            }
          >
            Look at what changed…
          </button>{' '}
          <span className="dim">The approval window shows it, and you accept it there or not.</span>
        </p>
      )}
      <p role="status" className="status-line">
        {said}
      </p>
      {error !== undefined && <ErrorNote error={error} />}
      <dl className="agent-facts">
        <dt>Executable</dt>
        <dd>
          <ForeignText text={path} most={72} /> <Digest sha256={sha256} />
        </dd>
        {interpreters.map((each) => (
          <Interpreter key={each.path} path={each.path} sha256={each.sha256} />
        ))}
        <dt>Package</dt>
        <dd>
          {from === undefined ? (
            'none that is known'
          ) : (
            <>
              <ForeignText text={`${from.name} ${from.version}`} />{' '}
              <span className="dim">({from.ecosystem}; as its own metadata says)</span>
            </>
          )}
        </dd>
        <dt>Preset</dt>
        <dd>
          {agent.preset}
          {agent.label !== undefined && <span className="dim">, {agent.label}</span>}
        </dd>
        {reviewed !== undefined && (
          <>
            <dt>It gives</dt>
            <dd>{reviewed.presetGrants.length === 0 ? 'nothing' : <Specs specs={reviewed.presetGrants} />}</dd>
          </>
        )}
      </dl>
    </section>
  );
}

function Interpreter({ path, sha256 }: { readonly path: string; readonly sha256: string }) {
  return (
    <>
      <dt>Interpreter</dt>
      <dd>
        <ForeignText text={path} most={72} /> <Digest sha256={sha256} />
      </dd>
    </>
  );
}

function Digest({ sha256 }: { readonly sha256: string }) {
  return (
    <span className="digest">
      <span className="mono dim" title={`SHA-256 ${sha256}`}>
        {sha256.slice(0, 12)}…
      </span>{' '}
      <CopyText text={sha256} what="its SHA-256" />
    </span>
  );
}

/** Grants as they are written. */
export function Specs({ specs }: { readonly specs: readonly string[] }) {
  return (
    <ul className="specs">
      {specs.map((spec) => (
        <li key={spec}>
          <ForeignText text={spec} most={80} />
        </li>
      ))}
    </ul>
  );
}

const homesChange = /^(?:home|login|session)\./u;

function Homes({ name }: { readonly name: string }) {
  const { value, error } = useAnswer(`homes ${name}`, () => call('home.list', { agent: name }), homesChange);
  return (
    <section className="part" aria-labelledby="homes-heading">
      <h2 id="homes-heading">Homes and login</h2>
      {error !== undefined && <p className="dim">{visible(error.what)}</p>}
      {value !== undefined && value.homes.length + value.login.length === 0 && (
        <p className="dim">
          It keeps nothing yet. Each workspace gets a private home; a login is kept for all of them.
        </p>
      )}
      {value !== undefined && value.login.length + value.homes.length > 0 && (
        <ul className="lines">
          {value.login.map(({ path, changedAt }) => (
            <li key={path}>
              <ForeignText text={path} />{' '}
              <span className="dim">
                login, changed <When at={changedAt} />
              </span>
            </li>
          ))}
          {value.homes.map(({ id, workspace, bytes, files, complete, sessions }) => (
            <li key={id}>
              {workspace === undefined ? (
                <span className="dim">a workspace nobody knows any more</span>
              ) : (
                <ForeignText text={workspace} most={64} />
              )}{' '}
              <span className="dim">
                {complete ? '' : 'at least '}
                {sizeWords(bytes)} in {counted(files, 'file')}
                {sessions > 0 && `, in use by ${counted(sessions, 'session')}`}
              </span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

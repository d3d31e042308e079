import { type ReactNode, useEffect, useState } from 'react';
import type { ListedAgent } from '#contract/agent.ts';
import type { Session } from '#contract/session.ts';
import { limitWords } from '#contract/text/limit-words.ts';
import { sizeText } from '#contract/text/size.ts';
import { visible } from '#contract/text/visible.ts';
import { call } from '../../bridge.ts';
import { ForeignText } from '../../components/foreign-text.tsx';
import { ScrollRegion } from './scroll-region.tsx';
import { useStartRecord } from './session-record.ts';
import { placeText } from './session-words.ts';

const breakerNames: Readonly<Record<string, string>> = {
  deletions: 'files deleted',
  denials: 'blocked acts',
  'bytes-out': 'sent',
  processes: 'processes',
  starts: 'programs started',
  requests: 'requests',
};

/** A number, or bytes as people say them; a breaker that is off says so. */
function thresholdText(name: string, at: number | string): string {
  if (typeof at !== 'number') return visible(at);
  return name === 'bytes-out' ? sizeText(at) : at.toLocaleString('en');
}

function useAgent(name: string): ListedAgent | undefined {
  const [agent, setAgent] = useState<ListedAgent>();
  useEffect(() => {
    let left = false;
    // One that is nobody's has no entry; the page says so below.
    call('agent.list', {}).then(
      ({ agents }) => !left && setAgent(agents.find((each) => each.name === name)),
      () => !left && setAgent(undefined),
    );
    return () => {
      left = true;
    };
  }, [name]);
  return agent;
}

/** Who a session is: what the supervisor established when it began. */
export function SessionIdentity({ session }: { readonly session: Session }) {
  const agent = useAgent(session.agent);
  const start = useStartRecord(session.id, session.state);
  const { executable, preset, presetVerified, limits, breakers } = start ?? {};
  return (
    <ScrollRegion label="Identity">
      <dl className="now-identity">
        <Fact label="Agent">{agent === undefined ? `${session.agent} (nobody’s: it has no key)` : agent.title}</Fact>
        {agent !== undefined && (
          <>
            <Fact label="Key">
              <strong>{agent.words}</strong> <span className="mono dim">{agent.fingerprint.slice(0, 16)}…</span>
            </Fact>
            <Fact label="Answers for it">{visible(agent.owner)}</Fact>
            <Fact label="Purpose">{visible(agent.purpose)}</Fact>
          </>
        )}
        {executable !== undefined && (
          <>
            <Fact label="Program">
              <ForeignText text={executable.path} />
            </Fact>
            <Fact label="SHA-256">
              <span className="mono now-wrap">{visible(executable.sha256)}</span>
            </Fact>
            {executable.package !== undefined && (
              <Fact label="Package, it says">
                {visible(`${executable.package.name} ${executable.package.version} (${executable.package.ecosystem})`)}
              </Fact>
            )}
          </>
        )}
        {preset !== undefined && preset !== 'generic' && (
          <Fact label="Preset">
            {visible(preset)}
            {presetVerified === null
              ? ', unverified'
              : presetVerified === undefined
                ? ''
                : `, tried with ${visible(presetVerified)}`}
          </Fact>
        )}
        <Fact label="Command">
          <span className="now-wrap">
            <ForeignText text={session.command.join(' ')} most={400} />
          </span>
        </Fact>
        <Fact label="Folder">
          <ForeignText text={placeText(session.workspace)} />
        </Fact>
        <Fact label="Task">
          <span className="mono">{session.taskId}</span>
        </Fact>
        {session.actors !== undefined && session.actors.length > 0 && (
          <Fact label="Started by">
            {session.actors.map((actor) => (
              <a key={actor.session} className="now-link" href={`#/now/${actor.session}`}>
                {actor.agent} · {actor.session}
              </a>
            ))}
          </Fact>
        )}
        <Fact label="Ports you reach">
          {(session.exposed ?? []).length === 0
            ? 'none'
            : session.exposed?.map(({ hostPort, port }) => `127.0.0.1:${hostPort} → ${port} inside`).join(', ')}
        </Fact>
        {limits !== undefined && <Fact label="Limits">{limitWords(limits).join(' · ') || 'the built-in ones'}</Fact>}
        {breakers !== undefined && (
          <Fact label="Breakers stop it at">
            {Object.entries(breakers)
              .map(([name, at]) => `${thresholdText(name, at)} ${breakerNames[name] ?? visible(name)}`)
              .join(' · ')}
          </Fact>
        )}
      </dl>
    </ScrollRegion>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="now-fact">
      <dt>{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}

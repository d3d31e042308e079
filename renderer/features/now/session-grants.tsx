import { useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import type { Grant } from '#contract/grant.ts';
import type { Session } from '#contract/session.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf, unwrap } from '../../bridge.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { Icon } from '../../components/icon.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useNow, When } from '../../components/when.tsx';
import { GrantForm } from './grant-form.tsx';
import { grantWords } from './grant-words.ts';
import { ScrollRegion } from './scroll-region.tsx';
import { useGrants } from './use-grants.ts';

const givers: Readonly<Record<Grant['giver'], string>> = {
  person: 'You',
  preset: 'Its preset',
  workspace: 'Its folder',
  always: 'An always-rule of yours',
};

/** What a session's task may do beyond the rules, and until when; it can be taken back here at once, and more can be asked for. */
export function SessionGrants({ session }: { readonly session: Session }) {
  const ended = session.state === 'ended';
  const { grants, error, load } = useGrants(session.taskId);
  const [said, setSaid] = useState<string>();
  const [failed, setFailed] = useState<ErrorData>();
  const [waits, setWaits] = useState(false);
  const act = async (what: () => Promise<string>) => {
    setFailed(undefined);
    setSaid(undefined);
    try {
      setSaid(await what());
    } catch (failure) {
      setFailed(errorDataOf(failure));
    }
    await load();
  };
  const revoke = (grant: Grant) =>
    act(async () => {
      const { closed, visibleTo } = await call('grant.revoke', { id: grant.id });
      return revokedWords(grantWords(grant.spec), closed, visibleTo);
    });
  const give = async (spec: string) => {
    setWaits(true);
    await act(async () => {
      const { confirmed } = unwrap(await window.gatehouse.propose({ kind: 'grant', taskId: session.taskId, spec }));
      return confirmed ? `Given: ${grantWords(spec)}.` : 'Not given: it was not confirmed.';
    });
    setWaits(false);
  };
  if (error !== undefined) return <ErrorNote title="The grants could not be listed." error={error} />;
  if (grants === undefined) return <Skeleton label="Grants are being listed" />;
  return (
    <ScrollRegion label="Grants">
      {failed !== undefined && <ErrorNote error={failed} />}
      <p className="now-said" role="status">
        {waits ? 'The approval window asks you to confirm it.' : said}
      </p>
      {grants.length === 0 ? (
        <EmptyState title="Nothing beyond the rules">
          <p>It works in its folder. Whatever else it needs is asked for, or given here.</p>
        </EmptyState>
      ) : (
        <GrantTable grants={grants} ended={ended} onRevoke={(grant) => void revoke(grant)} />
      )}
      {!ended && (
        <section className="now-give-more" aria-label="Give more">
          <h2>Give more…</h2>
          <GrantForm action="Ask to give it" onSpec={(spec) => void give(spec)} />
          <p className="dim">The approval window shows what it would be, and confirms it.</p>
        </section>
      )}
    </ScrollRegion>
  );
}

function revokedWords(what: string, closed: number, visibleTo: readonly string[]): string {
  const connections =
    closed === 0 ? '' : ` ${closed} open ${closed === 1 ? 'connection was' : 'connections were'} closed.`;
  const seen = visibleTo.length === 0 ? '' : ` ${visibleTo.join(', ')} can go on seeing the folder until it ends.`;
  return `Taken back: ${what}.${connections}${seen}`;
}

interface TableParts {
  readonly grants: readonly Grant[];
  readonly ended: boolean;
  readonly onRevoke: (grant: Grant) => void;
}

function GrantTable({ grants, ended, onRevoke }: TableParts) {
  const nowMs = useNow();
  return (
    <table className="now-facts">
      <caption className="visually-hidden">Grants of its task</caption>
      <thead>
        <tr>
          <th scope="col">It can</th>
          <th scope="col">Given by</th>
          <th scope="col" className="now-number">
            Uses
          </th>
          <th scope="col">Last used</th>
          <th scope="col">Ends</th>
          <th scope="col">
            <span className="visually-hidden">Take back</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {grants.map((grant) => {
          const isFolder = grant.action.startsWith('file.');
          const gone = grant.revokedAt !== undefined || ended || Date.parse(grant.expiresAt) <= nowMs;
          return (
            <tr key={grant.id} className={gone ? 'now-gone' : undefined}>
              <td title={visible(grant.spec)}>{grantWords(grant.spec)}</td>
              <td>{givers[grant.giver]}</td>
              <td className="now-number">{isFolder && grant.uses === 0 ? <NotCounted /> : grant.uses}</td>
              <td className="dim">{grant.lastUsedAt === undefined ? '–' : <When at={grant.lastUsedAt} />}</td>
              <td className="dim" title={new Date(grant.expiresAt).toLocaleString()}>
                {grant.revokedAt !== undefined ? 'taken back' : gone ? 'over' : relativeText(grant.expiresAt, nowMs)}
              </td>
              <td>
                {!gone && grant.giver !== 'workspace' && (
                  <button
                    type="button"
                    className="button now-button-small"
                    aria-label={`Revoke: ${grantWords(grant.spec)}`}
                    onClick={() => onRevoke(grant)}
                  >
                    <Icon name="close" /> Revoke
                  </button>
                )}
              </td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function NotCounted() {
  return (
    <span className="dim" title="Folders are held by mounts, and their uses are not counted">
      not counted
    </span>
  );
}

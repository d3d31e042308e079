import type { ReactNode } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import { visible } from '#contract/text/visible.ts';
import { ForeignText } from '../../components/foreign-text.tsx';
import { detailRows, namesIn, resourceText } from './event-words.ts';
import { writtenTerm } from './query-text.ts';
import { setQuery } from './timeline-store.ts';

/** What was decided about what, for whom, by which rules; then the rest of the record as a table. */
export function EventFacts({ event }: { readonly event: AuditEvent }) {
  const { agent, session, task, action, reason } = event;
  const resource = resourceText(event);
  const details = detailRows(event);
  return (
    <>
      <section aria-labelledby="drawer-facts">
        <h3 id="drawer-facts">Facts</h3>
        <dl className="timeline-facts">
          {action !== undefined && <Fact label="Action">{action}</Fact>}
          {resource !== undefined && (
            <Fact label="On">
              <ForeignText text={resource} most={300} />
            </Fact>
          )}
          {agent !== undefined && (
            <Fact label="Agent">
              <a className="timeline-link" href={`#/agents/${encodeURIComponent(agent)}`}>
                <ForeignText text={agent} />
              </a>
            </Fact>
          )}
          {session !== undefined && (
            <Fact label="Session">
              <a className="timeline-link" href={`#/now/${encodeURIComponent(session)}`}>
                <ForeignText text={session} />
              </a>{' '}
              <button type="button" className="timeline-link" onClick={() => setQuery(writtenTerm('session', session))}>
                its entries
              </button>
            </Fact>
          )}
          {task !== undefined && (
            <Fact label="Task">
              <ForeignText text={task} />
            </Fact>
          )}
          {reason !== undefined && <Fact label="Reason">{reason}</Fact>}
          <Names label="Rules" names={namesIn(event, 'policies')} />
          <Names label="Gates" names={namesIn(event, 'gates')} />
          <Names label="Grants" names={namesIn(event, 'grants')} />
          <Fact label="Kind">{event.kind}</Fact>
        </dl>
      </section>
      {details.length > 0 && (
        <section aria-labelledby="drawer-details">
          <h3 id="drawer-details">Details</h3>
          <table className="timeline-details" aria-labelledby="drawer-details">
            <tbody>
              {details.map(({ name, value }) => (
                <tr key={name}>
                  <th scope="row">{visible(name)}</th>
                  <td>
                    <ForeignText text={value} most={600} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

function Fact({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Names({ label, names }: { readonly label: string; readonly names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <Fact label={label}>
      {names.map((name) => (
        <span key={name} className="timeline-name">
          <ForeignText text={name} />
        </span>
      ))}
    </Fact>
  );
}

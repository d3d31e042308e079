import type { facetFields } from '#contract/audit.ts';
import { visible } from '#contract/text/visible.ts';
import { listedValues } from './facet-values.ts';
import { standingOf, toggledTerm } from './query-text.ts';
import { setQuery, useTimeline } from './timeline-store.ts';
import './facet-rail.css';

const headings: Readonly<Record<(typeof facetFields)[number], string>> = {
  decision: 'Decision',
  agent: 'Agent',
  session: 'Session',
  host: 'Host',
  action: 'Action',
  kind: 'Kind',
  reason: 'Reason',
  gate: 'Gate',
};
const order = ['decision', 'agent', 'session', 'host', 'action', 'kind', 'reason', 'gate'] as const;
const decisionWords: Readonly<Record<string, string>> = { allow: 'Allowed', deny: 'Blocked' };

/** What the results are about, and how often; each value narrows the query, or widens it again. */
export function FacetRail() {
  const facets = useTimeline((state) => state.facets);
  const text = useTimeline((state) => state.text);
  const activity = useTimeline((state) => (state.activityQuery === state.query ? state.activity : undefined));
  return (
    <aside className="timeline-facets" aria-label="Narrow the results">
      {order.map((field) => {
        const found = facets?.fields.find((each) => each.field === field);
        const values = listedValues(field, facets, activity, text);
        if (values.length === 0) return null;
        // Gates have no field of their own: they are looked for by their words.
        const term = field === 'gate' ? undefined : field;
        return (
          <section key={field} aria-labelledby={`facet-${field}`}>
            <h2 id={`facet-${field}`}>{headings[field]}</h2>
            <ul>
              {values.map(({ value, entries, exact }) => (
                <FacetValue
                  key={value}
                  value={value}
                  shown={field === 'decision' ? (decisionWords[value] ?? value) : visible(value)}
                  count={`${exact ? '' : '≥ '}${entries.toLocaleString('en')}`}
                  standing={standingOf(text, term, value)}
                  onToggle={(negated) => setQuery(toggledTerm(text, term, value, negated))}
                />
              ))}
            </ul>
            {found?.more === true && (
              <p className="dim">And others: type {field === 'gate' ? 'its words' : `${field}:`}</p>
            )}
          </section>
        );
      })}
    </aside>
  );
}

interface FacetValueProps {
  readonly value: string;
  readonly shown: string;
  readonly count: string;
  readonly standing: 'wanted' | 'excluded' | 'open';
  readonly onToggle: (negated: boolean) => void;
}

function FacetValue({ shown, count, standing, onToggle }: FacetValueProps) {
  return (
    <li className={`facet-${standing}`}>
      <button type="button" aria-pressed={standing === 'wanted'} onClick={() => onToggle(false)} title={shown}>
        <bdi dir="ltr">{shown}</bdi>
        <span className="dim">{count}</span>
      </button>
      <button
        type="button"
        className="facet-not"
        aria-pressed={standing === 'excluded'}
        aria-label={`Without ${shown}`}
        title={`Without ${shown}`}
        onClick={() => onToggle(true)}
      >
        −
      </button>
    </li>
  );
}

import { type DoctorEntry, mechanismHeadings } from '#contract/mechanisms.ts';
import { visible } from '#contract/text/visible.ts';
import { CopiedCommand, commandsIn } from '../../components/copied-command.tsx';
import { StateBadge } from './state-badge.tsx';

const deserving: readonly DoctorEntry['state'][] = ['missing', 'limited'];

/** What is broken or weak, the worst first; then what works, by group in the order of a report. */
export function MechanismGroups({ entries }: { readonly entries: readonly DoctorEntry[] }) {
  const amiss = deserving.flatMap((state) => entries.filter((entry) => entry.state === state));
  const others = entries.filter(({ state }) => !deserving.includes(state));
  const groups = [...new Set(others.map(({ group }) => group))];
  return (
    <>
      {amiss.length > 0 && <MechanismGroup id="amiss" title="Deserves a look" entries={amiss} />}
      {groups.map((group) => (
        <MechanismGroup
          key={group}
          id={group}
          title={mechanismHeadings[group]}
          entries={others.filter((entry) => entry.group === group)}
        />
      ))}
    </>
  );
}

function MechanismGroup({
  id,
  title,
  entries,
}: {
  readonly id: string;
  readonly title: string;
  readonly entries: readonly DoctorEntry[];
}) {
  return (
    <section aria-labelledby={`group-${id}`} className="mechanism-group">
      <h3 id={`group-${id}`}>{title}</h3>
      <ul>
        {entries.map((entry) => (
          <MechanismRow key={entry.id} entry={entry} />
        ))}
      </ul>
    </section>
  );
}

/** One of them: its state, what was found, and where something is amiss what is at stake and what to do. */
export function MechanismRow({ entry }: { readonly entry: DoctorEntry }) {
  const { title, state, detail, remedy, protects } = entry;
  const stake = state === 'missing' ? 'Without it' : state === 'limited' ? 'At stake:' : undefined;
  return (
    <li className="mechanism">
      <StateBadge state={state} />
      <div>
        {stake === undefined ? (
          <p>
            <strong>{visible(title)}</strong> <span className="mechanism-detail">{visible(detail)}</span>
          </p>
        ) : (
          <>
            <p>
              <strong>{visible(title)}</strong>
            </p>
            <p>
              {stake} {visible(protects)}.
            </p>
            <p className="dim">{visible(detail)}</p>
          </>
        )}
        {remedy !== undefined && (
          <p className="mechanism-remedy">
            <strong>What to do:</strong> {visible(remedy)}
          </p>
        )}
        {commandsIn(remedy ?? '').map((command) => (
          <CopiedCommand key={command} command={command} />
        ))}
      </div>
    </li>
  );
}

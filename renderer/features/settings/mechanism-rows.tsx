import { type DoctorEntry, mechanismHeadings } from '#contract/mechanisms.ts';
import { visible } from '#contract/text/visible.ts';
import { CopiedCommand, commandsIn } from '../../components/copied-command.tsx';
import { StateBadge } from './state-badge.tsx';

/** Mechanisms by group, in the order of a report. */
export function MechanismGroups({ entries }: { readonly entries: readonly DoctorEntry[] }) {
  const groups = [...new Set(entries.map(({ group }) => group))];
  return groups.map((group) => {
    const own = entries.filter((entry) => entry.group === group);
    return (
      <section key={group} aria-labelledby={`group-${group}`} className="mechanism-group">
        <h3 id={`group-${group}`}>{mechanismHeadings[group]}</h3>
        <ul>
          {own.map((entry) => (
            <MechanismRow key={entry.id} entry={entry} />
          ))}
        </ul>
      </section>
    );
  });
}

/** One of them: its state, what was found, and where something is amiss what is at stake and what to do. */
export function MechanismRow({ entry }: { readonly entry: DoctorEntry }) {
  const { title, state, detail, remedy, protects } = entry;
  const stake = state === 'missing' ? 'Without it' : state === 'limited' ? 'At stake:' : undefined;
  return (
    <li className="mechanism">
      <StateBadge state={state} />
      <div>
        <p>
          <strong>{visible(title)}</strong> <span className="mechanism-detail">{visible(detail)}</span>
        </p>
        {stake !== undefined && (
          <p className="dim">
            {stake} {visible(protects)}.
          </p>
        )}
        {remedy !== undefined && <p>→ {visible(remedy)}</p>}
        {commandsIn(remedy ?? '').map((command) => (
          <CopiedCommand key={command} command={command} />
        ))}
      </div>
    </li>
  );
}

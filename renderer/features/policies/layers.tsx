import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { ListedRule, PolicyList, RuleLayer } from '#contract/policy.ts';
import { visible } from '#contract/text/visible.ts';
import { ForeignText } from '../../components/foreign-text.tsx';
import { RiskBadge } from '../../components/risk-badge.tsx';
import { CedarText } from './cedar-text.tsx';
import { GivenColumn } from './given-column.tsx';
import { ruleSentence, shortId } from './rule-words.ts';

/** The layers from the most to the least trusted, then what was given by hand. */
export function Layers({ list, shown }: { readonly list: PolicyList; readonly shown: string | undefined }) {
  const of = (layer: RuleLayer) => list.rules.filter((rule) => rule.layer === layer);
  const giving = list.presets.filter(({ grants }) => grants.length > 0);
  return (
    <div className="layers">
      <Column title="Built in" lead="For every agent. Ships with Gatehouse." count={of('base').length}>
        <Rules rules={of('base')} shown={shown} />
      </Column>
      <Column title="Presets" lead="Granted to each session of an agent, from its start." count={giving.length}>
        <ul className="layer-items" aria-label="Presets">
          {giving.map(({ id, title, grants }) => (
            <li key={id} className="layer-item">
              <strong>{title}</strong>
              {grants.map((spec) => (
                <div key={spec}>
                  <ForeignText text={spec.replace(/^net\.connect:/u, '')} most={40} />
                </div>
              ))}
            </li>
          ))}
        </ul>
        <p className="dim layer-note">The other {list.presets.length - giving.length} presets grant nothing.</p>
      </Column>
      <Column
        title="Yours"
        lead={<ForeignText text={short(list.userFolder, list.home)} most={40} />}
        count={of('user').length}
      >
        <Rules rules={of('user')} shown={shown} />
        {of('user').length === 0 && (
          <p className="dim layer-note">
            No rules of your own. Write some under “Your rules”: they may restrict, or permit what nothing else does.
          </p>
        )}
      </Column>
      <Column title="Repository" lead={<code>.gatehouse/policy.cedar</code>} count={of('repository').length}>
        <Rules rules={of('repository')} shown={shown} />
        {of('repository').length === 0 && (
          <p className="dim layer-note">
            {list.workspace === undefined
              ? 'Choose a folder to see what its repository adds.'
              : list.problem === undefined
                ? 'This folder adds no rules. A repository can only restrict.'
                : 'Its rules cannot be used.'}
          </p>
        )}
      </Column>
      <GivenColumn home={list.home} />
    </div>
  );
}

/** One layer. */
export function Column({
  title,
  lead,
  count,
  children,
}: {
  readonly title: string;
  readonly lead: ReactNode;
  readonly count: number;
  readonly children: ReactNode;
}) {
  return (
    <section className={count === 0 ? 'layer layer-empty' : 'layer'} aria-label={title}>
      <h2>
        {title} <span className="dim">{count}</span>
      </h2>
      <p className="dim layer-lead">{lead}</p>
      {children}
    </section>
  );
}

function Rules({ rules, shown }: { readonly rules: readonly ListedRule[]; readonly shown: string | undefined }) {
  if (rules.length === 0) return null;
  return (
    <ul className="layer-items">
      {rules.map((rule) => (
        <RuleItem key={rule.id} rule={rule} isShown={rule.id === shown} />
      ))}
    </ul>
  );
}

function RuleItem({ rule, isShown }: { readonly rule: ListedRule; readonly isShown: boolean }) {
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (!isShown) return;
    setOpen(true);
    place.current?.scrollIntoView({ block: 'start', inline: 'nearest' });
  }, [isShown]);
  return (
    <li ref={place} className={isShown ? 'layer-item layer-item-shown' : 'layer-item'}>
      <p className="rule-sentence">{ruleSentence(rule)}</p>
      {rule.reason !== undefined && (
        <p className="rule-reason">
          {rule.layer === 'repository' ? (
            <>
              The repository says: <q>{visible(rule.reason)}</q>
            </>
          ) : (
            <>because {visible(rule.reason)}</>
          )}
        </p>
      )}
      <p className="rule-facts">
        {rule.gate !== undefined && <RiskBadge risk={rule.risk} />}
        {rule.gate !== undefined && (
          <span className="mono dim" title="The gate that a grant lifts">
            {rule.gate}
          </span>
        )}
      </p>
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span className="mono">{visible(shortId(rule.id))}</span>{' '}
          <span className="dim">
            {visible(rule.file.slice(rule.file.indexOf('/') + 1))}, line {rule.line}
          </span>
        </summary>
        {open && <CedarText text={rule.text} label={`Cedar of ${shortId(rule.id)}`} />}
      </details>
    </li>
  );
}

function short(path: string, home: string): string {
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

import { type ReactNode, useEffect, useRef, useState } from 'react';
import type { ListedRule, PolicyList, RuleLayer } from '#contract/policy.ts';
import { ForeignText } from '../../components/foreign-text.tsx';
import { GivenColumn } from './given-column.tsx';
import { RuleItem } from './rule-item.tsx';
import { isWanted, ruleSentence, shortPath, withoutUsual } from './rule-words.ts';
import './layers.css';

type ColumnName = RuleLayer | 'given';

interface Props {
  readonly list: PolicyList;
  /** What is looked for; empty for everything. */
  readonly wanted: string;
  /** Id of a rule that somebody wants to see. */
  readonly shown: string | undefined;
}

/**
 * The layers from the most to the least trusted, then what was given by hand. Where there is no room for all, one is open and the others
 * stand beside it as strips.
 */
export function Layers({ list, wanted, shown }: Props) {
  const [open, setOpen] = useState<ColumnName>('base');
  useEffect(() => {
    const layer = list.rules.find(({ id }) => id === shown)?.layer;
    if (layer !== undefined) setOpen(layer);
  }, [shown, list.rules]);
  const of = (layer: RuleLayer) => list.rules.filter((rule) => rule.layer === layer && isRuleWanted(rule, wanted));
  const column = (name: ColumnName) => ({ isOpen: name === open, open: () => setOpen(name) });
  return (
    <div className="layers">
      <Column
        {...column('base')}
        isWide
        title="Built in"
        lead="For every agent. Ships with Gatehouse."
        count={of('base').length}
      >
        <Rules rules={of('base')} shown={shown} none={wanted === '' ? 'None.' : noneFound} />
      </Column>
      <Presets list={list} wanted={wanted} column={column('preset')} />
      <Column
        {...column('user')}
        title="Yours"
        lead={<ForeignText text={shortPath(list.userFolder, list.home)} most={30} />}
        count={of('user').length}
      >
        <Rules
          rules={of('user')}
          shown={shown}
          none={
            wanted === ''
              ? 'No rules of your own. Write some under “Your rules”: they may restrict, or permit what nothing else does.'
              : noneFound
          }
        />
      </Column>
      <Column
        {...column('repository')}
        title="Repository"
        lead={<code>.gatehouse/policy.cedar</code>}
        count={of('repository').length}
      >
        <Rules rules={of('repository')} shown={shown} none={wanted === '' ? noneOfRepository(list) : noneFound} />
      </Column>
      <GivenColumn home={list.home} wanted={wanted} {...column('given')} />
    </div>
  );
}

const noneFound = 'Nothing here has these letters.';

function noneOfRepository({ workspace, problem }: PolicyList): string {
  if (workspace === undefined) return 'Choose a folder to see what its repository adds.';
  return problem === undefined
    ? 'This folder adds no rules. A repository can only restrict.'
    : 'Its rules cannot be used.';
}

function isRuleWanted(rule: ListedRule, wanted: string): boolean {
  return isWanted([ruleSentence(rule), rule.reason ?? '', rule.id, rule.gate ?? '', rule.text], wanted);
}

interface OpenColumn {
  readonly isOpen: boolean;
  readonly open: () => void;
}

function Presets({
  list,
  wanted,
  column,
}: {
  readonly list: PolicyList;
  readonly wanted: string;
  readonly column: OpenColumn;
}) {
  const giving = list.presets.filter(({ grants }) => grants.length > 0);
  const found = giving.filter(({ title, grants }) => isWanted([title, ...grants], wanted));
  const others = list.presets.length - giving.length;
  return (
    <Column
      {...column}
      title="Presets"
      lead="What an agent’s sessions have from the start: its own model, on port 443."
      count={found.length}
    >
      <ul className="layer-items" aria-label="Presets">
        {found.map(({ id, title, grants }) => (
          <li key={id} className="rule">
            <p className="rule-sentence">{title}</p>
            {grants.map((spec) => (
              <p key={spec} className="rule-spec" title={spec}>
                <ForeignText text={withoutUsual(spec)} most={60} />
              </p>
            ))}
          </li>
        ))}
      </ul>
      {wanted === '' && others > 0 && (
        <p className="dim layer-note">
          {others === 1 ? 'One other preset grants nothing.' : `The other ${others} presets grant nothing.`}
        </p>
      )}
      {wanted !== '' && found.length === 0 && <p className="dim layer-note">{noneFound}</p>}
    </Column>
  );
}

interface ColumnProps extends OpenColumn {
  readonly title: string;
  readonly lead: ReactNode;
  readonly count: number;
  /** It has the longest sentences. */
  readonly isWide?: boolean;
  readonly children: ReactNode;
}

/** One layer, and the strip that it is while another one is open. */
export function Column({ title, lead, count, isOpen, open, isWide, children }: ColumnProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const asked = useRef(false);
  useEffect(() => {
    // The strip that was pressed is gone: the keyboard goes on from what it opened.
    if (isOpen && asked.current) heading.current?.focus();
    asked.current = false;
  }, [isOpen]);
  return (
    <div
      className={`layer-place${isOpen ? ' layer-open' : ''}${isWide === true ? ' layer-base' : count === 0 ? ' layer-empty' : ''}`}
    >
      <button
        type="button"
        className="layer-strip"
        aria-label={`Open ${title}, ${count}`}
        onClick={() => {
          asked.current = true;
          open();
        }}
      >
        <span>
          {title} <span className="dim">{count}</span>
        </span>
      </button>
      <section className="layer" aria-label={title}>
        <h2 ref={heading} tabIndex={-1}>
          {title} <span className="dim">{count}</span>
        </h2>
        <p className="dim layer-lead">{lead}</p>
        {children}
      </section>
    </div>
  );
}

function Rules({
  rules,
  shown,
  none,
}: {
  readonly rules: readonly ListedRule[];
  readonly shown: string | undefined;
  readonly none: string;
}) {
  if (rules.length === 0) return <p className="dim layer-note">{none}</p>;
  return (
    <ul className="layer-items">
      {rules.map((rule) => (
        <RuleItem key={rule.id} rule={rule} isShown={rule.id === shown} />
      ))}
    </ul>
  );
}

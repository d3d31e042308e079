import type { ListedRule, PolicyList, RanExample } from '#contract/policy.ts';
import { visible } from '#contract/text/visible.ts';
import { call } from '../../bridge.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Icon } from '../../components/icon.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useAnswer } from '../../stores/use-answer.ts';
import { isWanted, ruleSentence, shortId } from './rule-words.ts';
import './rule-tables.css';

interface Props {
  readonly list: PolicyList;
  readonly wanted: string;
}

/** The examples that the rules carry, run against each rule alone: now, not when they were loaded. */
export function Examples({ list: { workspace, digest, rules }, wanted }: Props) {
  const { value, error } = useAnswer(`examples ${digest}`, () =>
    call('policy.test', workspace === undefined ? {} : { workspace }),
  );
  if (error !== undefined) return <ErrorNote error={error} />;
  if (value === undefined) return <Skeleton label="Examples are being run" />;
  const { examples } = value;
  const failed = examples.filter(({ ok }) => !ok).length;
  const of = (rule: ListedRule) =>
    examples.filter((each) => each.rule === rule.id && isWanted([each.example, rule.id, ruleSentence(rule)], wanted));
  const shown = rules.map((rule) => ({ rule, ran: of(rule) })).filter(({ ran }) => ran.length > 0);
  return (
    <div className="examples">
      <p role="status" className={failed === 0 ? 'examples-verdict' : 'examples-verdict example-failed'}>
        <Icon name={failed === 0 ? 'check' : 'alert'} />
        <span>
          {failed === 0
            ? `All ${examples.length} examples of ${new Set(examples.map(({ rule }) => rule)).size} rules hold.`
            : `${failed} of ${examples.length} examples ${failed === 1 ? 'fails' : 'fail'}.`}{' '}
          <span className="dim">They ran just now. A rule whose example fails is never loaded.</span>
        </span>
      </p>
      {shown.length === 0 && <EmptyState title="No example has these letters" />}
      {shown.map(({ rule, ran }) => (
        <section key={rule.id} aria-label={`${shortId(rule.id)}: ${ruleSentence(rule)}`}>
          <h2>
            {ruleSentence(rule)} <span className="mono dim">{visible(rule.id)}</span>
          </h2>
          <ul>
            {ran.map((each) => (
              <Example key={`${each.expected} ${each.example}`} ran={each} />
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Example({ ran: { ok, expected, example, why } }: { readonly ran: RanExample }) {
  return (
    <li className={ok ? 'example' : 'example example-failed'}>
      <Icon name={ok ? 'check' : 'alert'} />
      <span>{ok ? 'Holds' : 'Fails'}</span>
      <span className="dim">{expected === 'allow' ? 'lets pass' : 'stops'}</span>
      <span>
        <ForeignText text={example} most={120} />
        {!ok && <span> {visible(why)}</span>}
      </span>
    </li>
  );
}

import type { PolicyList, RanExample } from '#contract/policy.ts';
import { visible } from '#contract/text/visible.ts';
import { call } from '../../bridge.ts';
import { ErrorNote } from '../../components/error-note.tsx';
import { ForeignText } from '../../components/foreign-text.tsx';
import { Icon } from '../../components/icon.tsx';
import { Skeleton } from '../../components/skeleton.tsx';
import { useAnswer } from '../../stores/use-answer.ts';
import { shortId } from './rule-words.ts';

/** The examples that the rules carry, run against each rule alone: now, not when they were loaded. */
export function Examples({ list: { workspace, digest } }: { readonly list: PolicyList }) {
  const { value, error } = useAnswer(`examples ${digest}`, () =>
    call('policy.test', workspace === undefined ? {} : { workspace }),
  );
  if (error !== undefined) return <ErrorNote error={error} />;
  if (value === undefined) return <Skeleton label="Examples are being run" />;
  const failed = value.examples.filter(({ ok }) => !ok).length;
  const rules = [...new Set(value.examples.map(({ rule }) => rule))];
  return (
    <div className="examples">
      <p role="status">
        <Icon name={failed === 0 ? 'check' : 'alert'} />{' '}
        {failed === 0
          ? `All ${value.examples.length} examples of ${rules.length} rules hold.`
          : `${failed} of ${value.examples.length} examples fail.`}{' '}
        <span className="dim">A rule whose example fails is never loaded.</span>
      </p>
      {rules.map((rule) => (
        <section key={rule} aria-label={shortId(rule)}>
          <h2 className="mono">{visible(rule)}</h2>
          <ul className="lines">
            {value.examples
              .filter((each) => each.rule === rule)
              .map((each) => (
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
      <span className="example-state">{ok ? 'Holds' : 'Fails'}</span>
      <span className="example-expected dim">{expected === 'allow' ? 'lets pass' : 'stops'}</span>
      <span>
        <ForeignText text={example} most={120} />
        {!ok && <span> {visible(why)}</span>}
      </span>
    </li>
  );
}

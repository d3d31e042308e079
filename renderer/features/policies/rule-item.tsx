import { useEffect, useRef, useState } from 'react';
import type { ListedRule } from '#contract/policy.ts';
import { visible } from '#contract/text/visible.ts';
import { RiskBadge } from '../../components/risk-badge.tsx';
import { CedarText } from './cedar-text.tsx';
import { ruleSentence, shortId } from './rule-words.ts';

/** A rule as a sentence, why, and folded beneath it how it is written. */
export function RuleItem({ rule, isShown }: { readonly rule: ListedRule; readonly isShown: boolean }) {
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLLIElement>(null);
  useEffect(() => {
    if (!isShown) return;
    setOpen(true);
    place.current?.scrollIntoView({ block: 'start', inline: 'nearest' });
  }, [isShown]);
  return (
    <li ref={place} className={isShown ? 'rule rule-shown' : 'rule'}>
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
      <details open={open} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span className="mono">{visible(shortId(rule.id))}</span>
          {rule.gate !== undefined && <RiskBadge risk={rule.risk} />}
        </summary>
        {open && (
          <>
            <p className="dim rule-place">
              {visible(rule.file.slice(rule.file.indexOf('/') + 1))}, line {rule.line}
              {rule.gate !== undefined && (
                <>
                  ; the gate that a grant lifts is <span className="mono">{visible(rule.gate)}</span>
                </>
              )}
              {rule.examples > 0 && `; ${rule.examples === 1 ? 'one example holds' : `${rule.examples} examples hold`}`}
            </p>
            <CedarText text={rule.text} label={`Cedar of ${shortId(rule.id)}`} />
          </>
        )}
      </details>
    </li>
  );
}

import { useEffect, useState } from 'react';
import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';

/** Why something was decided as it was, as the supervisor explains it. */
export function Explanation({ seq }: { readonly seq: number }) {
  const [lines, setLines] = useState<readonly string[]>();
  const [error, setError] = useState<ErrorData>();
  useEffect(() => {
    let left = false;
    call('why.event', { seq }).then(
      ({ explanation }) => !left && setLines(explanation),
      (failure) => !left && setError(errorDataOf(failure)),
    );
    return () => {
      left = true;
    };
  }, [seq]);
  if (error !== undefined) return <p className="now-explanation">{visible(error.what)}</p>;
  return (
    <div className="now-explanation" role="status" aria-label="Why">
      {lines === undefined ? <p>…</p> : lines.map((line) => <p key={line}>{visible(line)}</p>)}
    </div>
  );
}

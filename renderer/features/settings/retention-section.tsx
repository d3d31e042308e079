import { useEffect, useState } from 'react';
import type { Result } from '#contract/api.ts';
import type { ErrorData } from '#contract/errors.ts';
import { sizeText } from '#contract/text/size.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { CopiedCommand } from '../../components/copied-command.tsx';
import { ErrorNote } from '../../components/error-note.tsx';
import { When } from '../../components/when.tsx';
import { useLink } from '../../stores/link-store.ts';
import { Awaited } from './awaited.tsx';
import { boundsText } from './retention-words.ts';

/** What is set and how much there is. Changing it erases, so that a terminal does it. */
export function RetentionSection() {
  const connected = useLink(({ link }) => link.state === 'connected');
  const [found, setFound] = useState<Result<'log.retention'>>();
  const [error, setError] = useState<ErrorData>();
  useEffect(() => {
    if (!connected) return;
    call('log.retention', {}).then(
      (result) => {
        setFound(result);
        setError(undefined);
      },
      (failure: unknown) => setError(errorDataOf(failure)),
    );
  }, [connected]);
  if (error !== undefined) return <ErrorNote error={error} />;
  if (found === undefined)
    return <Awaited label="The record is being measured" rows={2} lost="Not known while no supervisor answers." />;
  const { retention, bytes, entries, oldestAt } = found;
  return (
    <div className="choices-column">
      <p>
        <strong>{boundsText(retention)}</strong> There is {sizeText(bytes)} in {entries.toLocaleString()} entries
        {oldestAt !== undefined && (
          <>
            , the oldest from <When at={oldestAt} />
          </>
        )}
        .
      </p>
      <p className="dim">Changing this erases content for good, so it is done in a terminal:</p>
      <CopiedCommand command="gatehouse log retention set --keep 90d" />
    </div>
  );
}

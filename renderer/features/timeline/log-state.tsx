import { useEffect } from 'react';
import type { VerifyResult } from '#contract/audit.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { Icon } from '../../components/icon.tsx';
import { When } from '../../components/when.tsx';
import { useLink } from '../../stores/link-store.ts';
import { useLogState, verifyLog } from './log-state-store.ts';

/** Logs up to this many entries are checked without being asked to: it takes about a second. */
const unaskedMax = 100_000;

/** Whether the whole log holds, and when that was last looked at; always in sight. */
export function LogStateLine() {
  const { result, checkedAt, busy, error } = useLogState();
  const connected = useLink(({ link }) => link.state === 'connected');
  useEffect(() => {
    if (!connected || useLogState.getState().checkedAt !== undefined) return;
    call('supervisor.status', {}).then(
      ({ events }) => {
        if (events <= unaskedMax && useLogState.getState().checkedAt === undefined) void verifyLog();
      },
      (failure) => useLogState.setState({ error: errorDataOf(failure) }),
    );
  }, [connected]);
  const tone = toneOf(result);
  return (
    <div className="timeline-log-state">
      <p
        role="status"
        className={`timeline-${tone === 'plain' ? 'plain-mark' : tone}`}
        title={result === undefined ? undefined : longWords(result)}
      >
        {result !== undefined && <Icon name={tone === 'good' ? 'check' : 'alert'} />}
        <span>
          {busy ? 'The log is being checked…' : result === undefined ? 'The log is not checked yet' : words(result)}
        </span>
        {error !== undefined && <span className="timeline-bad">{visible(error.what)}</span>}
        {checkedAt !== undefined && !busy && (
          <span className="dim">
            checked <When at={checkedAt} />
          </span>
        )}
      </p>
      <button type="button" className="button" aria-disabled={busy} onClick={() => void verifyLog()}>
        <Icon name="shield" /> Check the log
      </button>
    </div>
  );
}

/** An index that does not hold is no damage of the record, but a search could miss what happened. */
function toneOf(result: VerifyResult | undefined): 'plain' | 'good' | 'warn' | 'bad' {
  if (result === undefined) return 'plain';
  if (!result.ok) return 'bad';
  return result.index?.ok === false ? 'warn' : 'good';
}

function words({ ok, entries, index }: VerifyResult): string {
  if (!ok) return 'The log does not hold';
  const count = `${entries.toLocaleString('en')} ${entries === 1 ? 'entry holds' : 'entries hold'}`;
  return index?.ok === false ? `${count}, the search index does not` : count;
}

/** What is wrong with the log, whole and where, while something is. */
export function LogDamage() {
  const result = useLogState((state) => state.result);
  if (result === undefined || (result.ok && result.index?.ok !== false)) return null;
  const { damage, index } = result;
  return (
    <section className={`note timeline-damage ${damage === undefined ? 'note-warn' : 'note-bad'}`} role="alert">
      <Icon name="alert" />
      {damage === undefined ? (
        <p>
          {visible(index?.what ?? 'The search index does not hold.')} {visible(index?.remedy ?? '')}
        </p>
      ) : (
        <p>
          <strong>{visible(damage.what)}</strong> Nothing from there on can be relied upon.{' '}
          <a className="timeline-link" href={`#/timeline/${damage.seq}`}>
            Show entry {damage.seq.toLocaleString('en')}
          </a>
        </p>
      )}
    </section>
  );
}

/** What signatures vouch for, and what to do where something is amiss. */
function longWords({ checkpoints, index }: VerifyResult): string {
  const lines: string[] = [];
  if (checkpoints !== undefined) {
    if (checkpoints.held > 0)
      lines.push(`Signed checkpoints that held: ${checkpoints.held}, the newest over ${checkpoints.size} entries.`);
    if (checkpoints.unsigned !== undefined) lines.push(checkpoints.unsigned, checkpoints.remedy ?? '');
  }
  if (index?.ok === false) lines.push(index.what ?? '', index.remedy ?? '');
  return visible(lines.filter((line) => line !== '').join(' '));
}

import { useState } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { Icon } from '../../components/icon.tsx';
import { useNow } from '../../components/when.tsx';
import { CopyButton } from './copy-button.tsx';
import { useLogState, verifyLog } from './log-state-store.ts';
import { checkInclusion, type ProofVerdict } from './proof-check.ts';
import { signatureWords } from './signature-words.ts';

/** Proves that an entry is in the log, and says in words what is proven by whom. */
export function ProofPanel({ event }: { readonly event: AuditEvent }) {
  const [verdict, setVerdict] = useState<ProofVerdict>();
  const [error, setError] = useState<ErrorData>();
  const [busy, setBusy] = useState(false);
  const verify = async () => {
    if (busy) return;
    setBusy(true);
    setError(undefined);
    setVerdict(undefined);
    try {
      const { proof } = await call('log.prove', { seq: event.seq });
      setVerdict(await checkInclusion(proof, event));
    } catch (failure) {
      setError(errorDataOf(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <section aria-labelledby="drawer-proof">
      <h3 id="drawer-proof">Proof</h3>
      <p className="mono timeline-hash" title="SHA-256 of this entry">
        {event.hash}
      </p>
      <div className="timeline-drawer-acts">
        {/* Not disabled meanwhile: it would lose the focus, and the keys with it. */}
        <button type="button" className="button" aria-disabled={busy} onClick={() => void verify()}>
          <Icon name="shield" /> Verify this entry
        </button>
        <CopyButton text={event.hash} label="Copy digest" />
      </div>
      <div role="status">
        {verdict !== undefined && (
          <p className={verdict.holds ? 'timeline-good' : 'timeline-bad'}>
            <Icon name={verdict.holds ? 'check' : 'alert'} /> <span>{verdict.words}</span>
          </p>
        )}
        {error !== undefined && (
          <p className="timeline-warn">
            <Icon name="alert" />{' '}
            <span>
              {visible(error.what)} {visible(error.why ?? '')} {visible(error.remedy ?? '')}
            </span>
          </p>
        )}
      </div>
      {verdict?.holds === true && verdict.size !== undefined && <Signature size={verdict.size} seq={event.seq} />}
    </section>
  );
}

/** Who vouches for the checkpoint: that is not for this window to say, since the key would come from where the proof came from. */
function Signature({ size, seq }: { readonly size: number; readonly seq: number }) {
  const { result, checkedAt, busy } = useLogState();
  const nowMs = useNow();
  const { words, tone, canCheck } = signatureWords(result, checkedAt, size, nowMs);
  return (
    <>
      <div role="status">
        <p className={`timeline-${tone}`}>
          <Icon name={tone === 'good' ? 'check' : tone === 'plain-mark' ? 'shield' : 'alert'} />{' '}
          <span>{busy ? 'The log is being checked…' : words}</span>
        </p>
      </div>
      {canCheck && (
        <button type="button" className="button" aria-disabled={busy} onClick={() => void verifyLog()}>
          Check the whole log and its signatures
        </button>
      )}
      <p className="dim timeline-proof-more">
        Both are said by this machine. For somebody else: <code>gatehouse log prove {seq}</code>, checked there with{' '}
        <code>gatehouse log check-proof</code> and a key that you gave them another way.
      </p>
    </>
  );
}

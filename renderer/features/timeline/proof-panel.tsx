import { useState } from 'react';
import type { AuditEvent } from '#contract/audit.ts';
import type { ErrorData } from '#contract/errors.ts';
import { visible } from '#contract/text/visible.ts';
import { call, errorDataOf } from '../../bridge.ts';
import { Icon } from '../../components/icon.tsx';
import { checkInclusion, type ProofVerdict } from './proof-check.ts';

/** Proves that an entry is in the log, and says in words whether the proof holds. */
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
      {/* Not disabled meanwhile: it would lose the focus, and the keys with it. */}
      <button type="button" className="button" aria-disabled={busy} onClick={() => void verify()}>
        <Icon name="shield" /> Verify this entry
      </button>
      <div role="status">
        {verdict !== undefined && (
          <p className={verdict.holds ? 'timeline-good' : 'timeline-bad'}>
            <Icon name={verdict.holds ? 'check' : 'alert'} /> {verdict.words}
          </p>
        )}
        {error !== undefined && (
          <p className="timeline-warn">
            <Icon name="alert" /> {visible(error.what)} {visible(error.why ?? '')} {visible(error.remedy ?? '')}
          </p>
        )}
      </div>
    </section>
  );
}

import { useEffect, useState } from 'react';
import type { Result } from '#contract/api.ts';
import { call } from '../../bridge.ts';
import { ForeignText } from '../../components/foreign-text.tsx';
import { When } from '../../components/when.tsx';
import { useLink } from '../../stores/link-store.ts';
import { useShell } from '../../stores/shell-store.ts';

/** Which programs these are, and where they keep their things. */
export function AboutSection() {
  const shell = useShell((state) => state.shell);
  const status = useStatus();
  return (
    <dl className="facts">
      <dt>Gatehouse</dt>
      <dd>{shell?.version ?? '…'}, Apache License 2.0</dd>
      <dt>Supervisor</dt>
      <dd>
        {status === undefined ? (
          'None answers now.'
        ) : (
          <>
            {status.version}, process {status.pid}, since <When at={status.startedAt} />
          </>
        )}
      </dd>
      <dt>Home</dt>
      <dd>{status === undefined ? '…' : <ForeignText text={status.home} />}</dd>
      <dt>Windows</dt>
      <dd>
        Electron {shell?.electron ?? '…'}, Chromium {shell?.chromium ?? '…'}
      </dd>
    </dl>
  );
}

function useStatus(): Result<'supervisor.status'> | undefined {
  const connected = useLink(({ link }) => link.state === 'connected');
  const [status, setStatus] = useState<Result<'supervisor.status'>>();
  useEffect(() => {
    setStatus(undefined);
    if (!connected) return;
    // When it fails there is none to tell of, and the banner above every place says why.
    call('supervisor.status', {}).then(setStatus, () => setStatus(undefined));
  }, [connected]);
  return status;
}

import { visible } from '#contract/text/visible.ts';
import { call } from '../../bridge.ts';
import { Icon } from '../../components/icon.tsx';
import { useAnswer } from '../../stores/use-answer.ts';

/** Says why agents can have no keys here, and what to do; nothing while they can. */
export function KeystoreNote() {
  const { value } = useAnswer('keystore', async () => {
    const { mechanisms } = await call('doctor.check', {});
    return { keystore: mechanisms.find(({ id }) => id === 'keystore') };
  });
  const keystore = value?.keystore;
  if (keystore === undefined || keystore.state === 'ok') return null;
  return (
    <section className="note note-warn" role="status">
      <Icon name="alert" />
      <div>
        <p className="note-title">
          The keystore cannot be used now: no agent gets a key, and agents that have one do not start.
        </p>
        <p>{visible(keystore.detail)}</p>
        {keystore.remedy !== undefined && <p>{visible(keystore.remedy)}</p>}
      </div>
    </section>
  );
}

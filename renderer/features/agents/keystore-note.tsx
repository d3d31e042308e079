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
  const isMissing = keystore.state !== 'limited';
  return (
    <section className="note note-warn" role="status">
      <Icon name="alert" />
      <div>
        <p className="note-title">
          {isMissing
            ? 'Without a keystore no agent can have a key. Sessions run all the same, as nobody in particular.'
            : 'The keystore works with a weakness.'}
        </p>
        <p>{visible(keystore.detail)}</p>
        {keystore.remedy !== undefined && <p>{visible(keystore.remedy)}</p>}
      </div>
    </section>
  );
}

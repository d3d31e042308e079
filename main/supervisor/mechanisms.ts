import type { Mechanism } from '#contract/doctor.ts';
import type { Sandbox } from '../core/sandbox/sandbox.ts';
import { keystoreMechanisms } from './keystore-mechanisms.ts';
import { limitsDefault } from './session-plan.ts';
import type { Signing } from './signing.ts';

/** Every mechanism Gatehouse stands on, as this supervisor finds it now. */
export async function checkMechanisms(parts: {
  readonly sandbox: Sandbox;
  readonly egressPid: () => number | undefined;
  readonly signing: Signing;
}): Promise<Mechanism[]> {
  const pid = parts.egressPid();
  const egress: Mechanism =
    pid === undefined
      ? {
          id: 'egress-worker',
          title: 'Egress worker',
          state: 'missing',
          detail: 'The process that carries connections does not run, so no session starts.',
          remedy: '`gatehouse supervisor stop`, then start again; the supervisor’s log says why it ended.',
        }
      : { id: 'egress-worker', title: 'Egress worker', state: 'ok', detail: `It runs as process ${pid}.` };
  const limits: Mechanism = {
    id: 'default-limits',
    title: 'Limits when nobody sets others',
    state: 'ok',
    detail: `${limitsDefault.processes} processes and ${limitsDefault.openFiles} open files a session.`,
  };
  return [...(await parts.sandbox.probe()), egress, limits, ...keystoreMechanisms(await parts.signing.state)];
}

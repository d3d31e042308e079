import type { Mechanism } from '#contract/doctor.ts';
import type { SigningState } from './signing.ts';

/** What doctor says about the keystore and about what it is for. */
export function keystoreMechanisms(state: SigningState): Mechanism[] {
  return [keystoreMechanism(state), signingMechanism(state)];
}

function keystoreMechanism(state: SigningState): Mechanism {
  const base = { id: 'keystore', title: 'Keystore' } as const;
  if (state.key === undefined) return { ...base, state: 'limited', detail: state.why, remedy: state.remedy };
  if (state.lapse !== undefined) {
    const { why, remedy } = state.lapse;
    return {
      ...base,
      state: 'limited',
      detail: `It worked and does not now: ${why} It is tried again by itself.`,
      remedy,
    };
  }
  if (state.kind === 'keychain')
    return { ...base, state: 'ok', detail: 'Your keychain, by way of the Secret Service.' };
  const detail = 'An encrypted file in the state folder, which is weaker than a keychain: it lies beside the record.';
  return { ...base, state: 'ok', detail };
}

function signingMechanism(state: SigningState): Mechanism {
  const base = { id: 'checkpoint-signing', title: 'Signed checkpoints' } as const;
  if (state.key === undefined) {
    return { ...base, state: 'limited', detail: `Checkpoints are not signed: ${state.why}`, remedy: state.remedy };
  }
  const witness = state.witness === undefined ? '' : ` A witness is kept at ${state.witness}.`;
  if (state.lapse !== undefined) {
    const detail = `Checkpoints are signed, but the newest is not copied to the keystore now.${witness}`;
    return { ...base, state: 'limited', detail, remedy: state.lapse.remedy };
  }
  if (state.kind === 'keychain') return { ...base, state: 'ok', detail: `With a key from your keychain.${witness}` };
  const detail = `With a key from an encrypted file, which is weaker than a keychain: it lies beside the record.${witness}`;
  return state.witness === undefined
    ? { ...base, state: 'limited', detail, remedy: 'Set GATEHOUSE_WITNESS to a file that is kept elsewhere.' }
    : { ...base, state: 'ok', detail };
}

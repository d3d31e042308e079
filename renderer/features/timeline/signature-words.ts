import type { VerifyResult } from '#contract/audit.ts';
import { relativeText } from '#contract/text/span.ts';
import { visible } from '#contract/text/visible.ts';

/** What is known of a checkpoint's signature. */
export interface SignatureWords {
  readonly words: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'plain-mark';
  /** A check of the whole log would say more. */
  readonly canCheck: boolean;
}

/**
 * Whether a checkpoint over `size` entries is known to be signed: by the supervisor's last check of the whole log, which has the key of the
 * keystore and what was kept elsewhere. This window has no key of its own; one that came with the proof would prove nothing.
 */
export function signatureWords(
  result: VerifyResult | undefined,
  checkedAt: string | undefined,
  size: number,
  nowMs: number,
): SignatureWords {
  const unsaid = {
    words:
      'That path was computed here. Who signed the checkpoint is not checked in this window, which has no key of its own.',
    tone: 'plain-mark',
    canCheck: true,
  } as const;
  if (result === undefined || checkedAt === undefined) return unsaid;
  if (!result.ok)
    return { words: 'The log as a whole does not hold, so neither does this.', tone: 'bad', canCheck: false };
  const { checkpoints } = result;
  if (checkpoints?.unsigned !== undefined || checkpoints === undefined) {
    const why = [checkpoints?.unsigned, checkpoints?.remedy].filter((each) => each !== undefined).join(' ');
    return {
      words: visible(`Nobody vouches for the checkpoint: it is not signed. ${why}`.trim()),
      tone: 'warn',
      canCheck: false,
    };
  }
  if (checkpoints.size < size)
    return { ...unsaid, words: 'The checkpoint is newer than the last check of its signatures.' };
  return {
    words: `Its checkpoint is signed: the supervisor checked it with the key in your keystore ${relativeText(checkedAt, nowMs)}.`,
    tone: 'good',
    canCheck: false,
  };
}

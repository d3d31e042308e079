import { operatingError } from '#contract/operating-error.ts';
import type { LogTrust } from '../../core/audit/check-log.ts';
import { parseVerifierKey } from '../../core/audit/checkpoint.ts';
import type { VerifyTrust } from '../../core/audit/log.ts';

/** What a log is held against, its keys parsed. Throws `invalid_request` for one that has not the form of a key. */
export function parseTrust({ keys, elsewhere }: VerifyTrust): LogTrust {
  const trusted = keys.map(parseVerifierKey).filter((key) => key !== undefined);
  if (trusted.length === keys.length) return { keys: trusted, elsewhere };
  throw operatingError('invalid_request', 'A key to check signatures with has not the form of one.', {
    remedy: '`gatehouse log checkpoint` prints one: NAME+ID+KEY.',
  });
}

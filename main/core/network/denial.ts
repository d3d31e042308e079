import type { Decision, ReasonCode } from '#contract/decision.ts';

/** A denial that no policy was asked about: malformed, over a bound, unresolvable. */
export function plainDenial(reason: ReasonCode, explanation: string): Decision {
  return { outcome: 'deny', reason, gates: [], policies: [], grants: [], explanation };
}

/**
 * A denial in words that a model can act on: what was blocked, why, that trying again is useless, and what a person could
 * do. Agents that get a bare 403 retry, or look for another way out.
 */
export function denialText(decision: Decision): string {
  const gates =
    decision.gates.length === 0
      ? ''
      : `: ${decision.gates.length === 1 ? 'gate' : 'gates'} ${decision.gates.join(', ')}`;
  const sentences = [
    `Blocked by Gatehouse: ${decision.explanation.replace(/\.\s*$/u, '')} (${decision.reason}${gates}).`,
    retryText(decision.reason),
  ];
  if (decision.remedy !== undefined) {
    sentences.push(
      `A person can allow it by starting the session with: gatehouse run --grant ${shellWord(decision.remedy)}`,
    );
  }
  return `${sentences.join(' ')}\n`;
}

function retryText(reason: ReasonCode): string {
  if (reason === 'bad_request') return 'Send a well-formed request; nothing was passed on.';
  if (reason === 'name_unresolved') return 'Check the spelling of the name.';
  if (reason === 'pending') return 'Go on with something else; try this again once, later.';
  if (reason === 'denied_by_person') return 'Do not retry: a person decided. Find another way, or ask them.';
  if (reason === 'limit' || reason === 'timeout') return 'You may try again once, later.';
  return 'Do not retry; nothing you change inside the sandbox will allow it.';
}

function shellWord(text: string): string {
  return /^[A-Za-z0-9_.:/@%+=,-]+$/u.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

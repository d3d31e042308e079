import { binaryUnchanged } from '../adapters/agents/resolve-command.ts';
import { noiseOf } from '../core/agents/choose-preset.ts';
import { fingerprintWords } from '../core/agents/identity-words.ts';
import { addressClassText, classifyAddress } from '../core/network/address-guard.ts';
import { type CountedGrants, type DecisionCache, decideCached } from '../core/policy/decision-cache.ts';
import type { DecisionRequest, Validity } from '../core/policy/request.ts';
import type { AskedAction } from './asked-questions.ts';
import type { DecidingSession } from './decisions.ts';
import type { SessionEntry } from './session-entry.ts';
import type { SessionParts } from './session-parts.ts';

/** A session as a decision sees it: its facts are gathered at each question, never kept. */
export function decidingSession(
  entry: SessionEntry,
  parts: Pick<SessionParts, 'clock' | 'tasks' | 'ownAddresses'> & { readonly grants: CountedGrants },
  cache: DecisionCache,
): DecidingSession {
  const { clock, grants } = parts;
  return {
    principal: entry.principal,
    validity: () => validity(entry, parts),
    decide: (request, valid, approval) =>
      decideCached({
        ...(approval === undefined ? {} : { approval }),
        policySet: entry.policySet,
        request: { ...request, ownAddresses: parts.ownAddresses() },
        validity: valid,
        grants,
        at: clock.now(),
        cache,
      }),
    breakers: entry.breakers,
    isNoise: (request) => isNoise(entry, request),
    askingTrip: (trip) => {
      entry.breakers.asks += 1;
      return {
        trip,
        asks: entry.breakers.asks,
        principal: entry.principal,
        policy: entry.policySet.digest,
        session: entry.session,
        taskEndsAt: entry.task.expiresAt,
        executable: entry.ground.command.attestation.executable,
        key: keyOf(entry),
        mode: entry.ask,
        waits: entry.waits,
      };
    },
    used: (request, decision) => entry.uses.note(decision.grants, request),
    asking: (request, decision, { protocol, claim }) => ({
      request,
      decision,
      protocol,
      policySet: entry.policySet,
      leadsTo: leadsTo(request, parts.ownAddresses()),
      sentBytes: entry.breakers.sentBytes,
      session: entry.session,
      taskEndsAt: entry.task.expiresAt,
      executable: entry.ground.command.attestation.executable,
      key: keyOf(entry),
      claim,
      patienceMs: entry.ground.preset.patienceMs,
      // What an agent calls for telemetry or updates is nothing to bother a person with.
      mode: isNoise(entry, request) ? 'deny' : entry.ask,
    }),
  };
}

function keyOf({ identity }: SessionEntry): AskedAction['key'] {
  const fingerprint = identity?.claims?.fingerprint;
  return fingerprint === undefined ? undefined : { fingerprint, words: fingerprintWords(fingerprint) };
}

/** What a literal address belongs to. A name says nothing of that before it is looked up. */
function leadsTo({ resource }: DecisionRequest, own: readonly string[]): string | undefined {
  if (resource.kind !== 'host' && resource.kind !== 'url') return undefined;
  const found = classifyAddress(resource.host, own);
  return found === 'malformed' ? undefined : addressClassText(found);
}

function isNoise({ ground }: SessionEntry, { resource }: DecisionRequest): boolean {
  return 'host' in resource && noiseOf(ground.preset, resource.host) !== undefined;
}

async function validity(entry: SessionEntry, parts: Pick<SessionParts, 'tasks'>): Promise<Validity> {
  const running = ['starting', 'running', 'paused'].includes(entry.session.state);
  return {
    session: running ? 'valid' : 'invalid',
    task: parts.tasks.running(entry.session.taskId) === undefined ? 'ended' : 'running',
    identity: entry.identity?.state() ?? 'none',
    breakers: entry.breakers.tripped === undefined ? 'whole' : 'tripped',
    binary: (await binaryUnchanged(entry.ground.command.attestation)) ? 'unchanged' : 'changed',
  };
}

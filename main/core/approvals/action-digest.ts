/**
 * Guarantee: two actions have one digest only when every fact a person would be shown about them, and everything they
 * would do, is the same. SHA-256 over the RFC 8785 form (APR-4). What a program says of itself is no fact: with another
 * name it would get around an answer.
 * Threat: a host, path, method, executable or policy exchanged between the answer and its effect; two texts that look the
 * same and are not; halves of surrogate pairs that collapse into one.
 * Limits: what the other side does with a request is not part of it.
 */
import { createHash } from 'node:crypto';
import type { Trip } from '#contract/breaker.ts';
import { canonicalJson } from '../audit/canonical.ts';
import type { DecisionRequest, Principal } from '../policy/request.ts';

/** What every answer is about. */
interface ExactSession {
  /** Digest of the policies under which it was asked. */
  readonly policy: string;
  /** SHA-256 of the agent's executable, hex. */
  readonly executable: string;
  /** SHA-256 of the agent's public key, hex; undefined for a session of nobody. */
  readonly key: string | undefined;
}

/** Everything an answer to an agent's action is about. */
export interface ExactAction extends ExactSession {
  readonly request: DecisionRequest;
  readonly protocol: string;
  /** Gates that stand closed, sorted. */
  readonly gates: readonly string[];
}

/** Everything an answer to a breaker's question is about: this trip, not the next one. */
export interface ExactTrip extends ExactSession {
  readonly principal: Principal;
  readonly trip: Trip;
  /** How often it was asked about. */
  readonly asks: number;
}

/** The digest, 64 hex digits. */
export function actionDigest({ request, protocol, gates, policy, executable, key }: ExactAction): string {
  const { principal, action, resource } = request;
  return digestOf({
    ...principalForm(principal),
    action,
    resource: Object.fromEntries(Object.entries(resource).map(([name, value]) => [name, encodeValue(value)])),
    protocol,
    gates: [...gates],
    policy,
    executable,
    key: key ?? null,
  });
}

/** The digest of a breaker's question. No action of an agent's has its name, so that none shares a digest with it. */
export function tripDigest({ principal, trip, asks, policy, executable, key }: ExactTrip): string {
  return digestOf({
    ...principalForm(principal),
    action: 'session.continue',
    trip: { ...trip, objects: trip.objects.map(encodeText) },
    asks,
    policy,
    executable,
    key: key ?? null,
  });
}

function principalForm({ sessionId, agent, taskId, workspace }: Principal) {
  return { v: 1, session: sessionId, agent, task: taskId, workspace: encodeText(workspace) };
}

function digestOf(form: Parameters<typeof canonicalJson>[0]): string {
  return createHash('sha256').update(canonicalJson(form)).digest('hex');
}

/** A JavaScript string may hold halves of surrogate pairs, which no UTF-8 has: those go by their code units. */
function encodeText(text: string): { readonly text: string } | { readonly utf16: string } {
  return text.isWellFormed() ? { text } : { utf16: Buffer.from(text, 'utf16le').toString('base64') };
}

function encodeValue(value: string | number) {
  return typeof value === 'number' ? value : encodeText(value);
}

/**
 * Guarantee: two actions have one digest only when every fact a person would be shown about them, and everything they
 * would do, is the same. SHA-256 over the RFC 8785 form (APR-4). What a program says of itself is no fact: with another
 * name it would get around an answer.
 * Threat: a host, path, method, executable or policy exchanged between the answer and its effect; two texts that look the
 * same and are not; halves of surrogate pairs that collapse into one.
 * Limits: what the other side does with a request is not part of it.
 */
import { createHash } from 'node:crypto';
import { canonicalJson } from '../audit/canonical.ts';
import type { DecisionRequest } from '../policy/request.ts';

/** Everything an answer is about. */
export interface ExactAction {
  readonly request: DecisionRequest;
  readonly protocol: string;
  /** Gates that stand closed, sorted. */
  readonly gates: readonly string[];
  /** Digest of the policies under which it was asked. */
  readonly policy: string;
  /** SHA-256 of the agent's executable, hex. */
  readonly executable: string;
  /** SHA-256 of the agent's public key, hex; undefined for a session of nobody. */
  readonly key: string | undefined;
}

/** The digest, 64 hex digits. */
export function actionDigest({ request, protocol, gates, policy, executable, key }: ExactAction): string {
  const { principal, action, resource } = request;
  const form = {
    v: 1,
    session: principal.sessionId,
    agent: principal.agent,
    task: principal.taskId,
    workspace: encodeText(principal.workspace),
    action,
    resource: Object.fromEntries(Object.entries(resource).map(([name, value]) => [name, encodeValue(value)])),
    protocol,
    gates: [...gates],
    policy,
    executable,
    key: key ?? null,
  };
  return createHash('sha256').update(canonicalJson(form)).digest('hex');
}

/** A JavaScript string may hold halves of surrogate pairs, which no UTF-8 has: those go by their code units. */
function encodeText(text: string): { readonly text: string } | { readonly utf16: string } {
  return text.isWellFormed() ? { text } : { utf16: Buffer.from(text, 'utf16le').toString('base64') };
}

function encodeValue(value: string | number) {
  return typeof value === 'number' ? value : encodeText(value);
}

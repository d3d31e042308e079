/**
 * Guarantee: two starts have one digest only when they would run the same program for the same agent in the same folder with the same
 * grants, limits and length of life. What is started can so be held against what a person was shown.
 *
 * Threat: a link on the way to a folder that an agent exchanges between the answer and the start.
 *
 * Limits: what the program's file holds is a matter of its agent's attestation. Ports are left out: a free one is another each time.
 */
import { createHash } from 'node:crypto';
import type { Limits } from '#contract/session.ts';

/** What a start was found to be. */
export interface ExactStart {
  readonly agent: string;
  readonly command: readonly string[];
  /** The executable, where it was found. */
  readonly program: string;
  /** Canonical. */
  readonly workspace: string;
  readonly grants: readonly string[];
  readonly limits: Limits;
  readonly lifeMs: number;
}

/** SHA-256, 64 hex digits. */
export function startDigest({ agent, command, program, workspace, grants, limits, lifeMs }: ExactStart): string {
  const sorted = Object.entries(limits).sort(([one], [other]) => (one < other ? -1 : 1));
  // JSON writes halves of surrogate pairs out, so that no two texts are one.
  const form = JSON.stringify([1, agent, command, program, workspace, grants, sorted, lifeMs]);
  return createHash('sha256').update(form).digest('hex');
}

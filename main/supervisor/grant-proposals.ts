import { createHash } from 'node:crypto';
import type { GrantProposal } from '#contract/grant.ts';
import type { Task } from '#contract/session.ts';
import { canonicalJson } from '../core/audit/canonical.ts';
import { formatGrantSpec, type GrantPattern } from '../core/grants/spec.ts';
import type { Surface } from './approvals.ts';
import { timestamp } from './clock.ts';
import { OpenQuestions } from './open-questions.ts';

/** A grant that a person may add to a task, as it would be given. */
export interface ProposedGrant {
  readonly digest: string;
  readonly task: Task;
  readonly pattern: GrantPattern;
  /** Milliseconds from the confirmation. */
  readonly forMs: number | undefined;
}

/** Grants that were proposed by hand and wait for their confirmation on the surface they were proposed on. */
export class GrantProposals {
  readonly #questions = new OpenQuestions<ProposedGrant>({
    keptMax: 64,
    subject: ({ digest }) => digest,
    name: 'This proposed grant',
    again: '`gatehouse grants add`',
  });

  /** Keeps it, and says what to show with which code. */
  propose(surface: Surface, wanted: Omit<ProposedGrant, 'digest'>): { proposal: GrantProposal; code: string } {
    const { task, pattern, forMs } = wanted;
    const spec = formatGrantSpec(pattern);
    const form = { v: 1, task: task.id, spec, forMs: forMs ?? null };
    const digest = createHash('sha256').update(canonicalJson(form)).digest('hex');
    this.#questions.keep({ ...wanted, digest });
    const proposal: GrantProposal = {
      digest,
      spec,
      taskId: task.id,
      taskText: task.text,
      workspace: task.workspace,
      taskEndsAt: timestamp(Date.parse(task.expiresAt)),
      ...(forMs === undefined ? {} : { forMs }),
    };
    return { proposal, code: this.#questions.codeFor(surface, digest) };
  }

  /** The grant that this surface confirms, once. */
  confirm(surface: Surface, digest: string, code: string): ProposedGrant {
    return this.#questions.take(surface, digest, code);
  }
}

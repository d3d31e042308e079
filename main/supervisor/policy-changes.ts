/**
 * Guarantee: the person's own rules change only as they were shown on an approval surface and confirmed there with its code; what is
 * saved is sound, is on record before it is written, and replaces exactly what was shown as the text of before.
 *
 * Threat: a client, or a window that an agent's output took over, that saves rules nobody saw; a file that is exchanged between the
 * question and the answer; a text that would not load and leaves the next start without rules.
 *
 * Limits: whoever can write the person's files can write these too: `gatehouse policy check` and the log's `policy` digest show it.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { operatingError } from '#contract/operating-error.ts';
import type { PolicyProposal } from '#contract/policy.ts';
import { policyTextCharsMax } from '#contract/policy.ts';
import { readSmallText } from '../adapters/agents/read-bounded.ts';
import { saveUserPolicy } from '../adapters/state/user-policy-files.ts';
import { canonicalJson } from '../core/audit/canonical.ts';
import type { AuditLog, AuditReader } from '../core/audit/log.ts';
import type { Surface } from './approvals.ts';
import { OpenQuestions } from './open-questions.ts';
import { compareWithPast } from './past-decisions.ts';
import type { ChangedPolicies, Policies } from './policies.ts';

interface Proposed {
  readonly digest: string;
  readonly file: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** As they would be, and the digest of the rules that this was found out with. */
  readonly next: ChangedPolicies;
  readonly since: string;
}

/** What changing rules needs. */
export interface PolicyChangeParts {
  readonly policies: Policies;
  readonly folder: string;
  readonly home: string;
  /** Of a session, however long ago it ran. */
  readonly workspaceOf: (session: string) => string | undefined;
  readonly audit: Pick<AuditLog, 'append' | 'flush'>;
  readonly reader: Pick<AuditReader, 'query'>;
}

/** Changes of the person's own rules that wait for their confirmation. */
export class PolicyChanges {
  readonly #parts: PolicyChangeParts;
  readonly #questions = new OpenQuestions<Proposed>({
    keptMax: 8,
    subject: ({ file }) => file,
    name: 'This change of a policy',
    again: 'the editor under Policies',
  });

  #turn: Promise<unknown> = Promise.resolve();

  constructor(parts: PolicyChangeParts) {
    this.#parts = parts;
  }

  /** Looks into it. Rejects with `policy_invalid` for rules that would not load. */
  async propose(
    surface: Surface,
    { file, text }: { readonly file: string; readonly text: string },
  ): Promise<{ proposal: PolicyProposal; code: string }> {
    const { policies, folder, audit } = this.#parts;
    const after = text.trim() === '' ? undefined : text;
    const before = await readSmallText(join(folder, file), policyTextCharsMax);
    if (before === after) {
      throw operatingError('invalid_request', `${file} is like that already.`, { remedy: 'Change it first.' });
    }
    const next = policies.withUserFile(file, after);
    await audit.flush();
    const compared = await compareWithPast({ ...this.#parts, now: policies.common, next: next.common });
    const form = { v: 1, file, before: before ?? null, after: after ?? null };
    const digest = createHash('sha256').update(canonicalJson(form)).digest('hex');
    this.#questions.keep({ digest, file, before, after, next, since: policies.common.digest });
    const proposal: PolicyProposal = {
      digest,
      file,
      folder,
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      ...compared,
    };
    return { proposal, code: this.#questions.codeFor(surface, digest) };
  }

  /** Saves what this surface confirms, once, and puts it in force. */
  save(surface: Surface, digest: string, code: string): Promise<{ file: string; digest: string }> {
    const confirmed = this.#questions.take(surface, digest, code);
    // One after the other: each builds on the rules that the one before it left.
    const saved = this.#turn.then(() => this.#save(confirmed));
    this.#turn = saved.catch(() => undefined);
    return saved;
  }

  async #save({ file, before, after, ...found }: Proposed): Promise<{ file: string; digest: string }> {
    const { policies, folder, audit } = this.#parts;
    // Another file may have been changed since: then all of it is checked again.
    const next = found.since === policies.common.digest ? found.next : policies.withUserFile(file, after);
    if ((await readSmallText(join(folder, file), policyTextCharsMax)) !== before) {
      throw operatingError('approval_refused', `${file} is not what was shown any more.`, {
        why: 'Somebody changed it meanwhile.',
        remedy: 'Look at it again.',
      });
    }
    await audit.append({
      kind: 'policy.loaded',
      summary: after === undefined ? `You removed your rules in ${file}` : `You changed your rules in ${file}`,
      detail: {
        file,
        before: before === undefined ? null : sha256(before),
        after: after === undefined ? null : sha256(after),
        digest: next.common.digest,
      },
    });
    saveUserPolicy(folder, file, after);
    await policies.use(next);
    return { file, digest: next.common.digest };
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

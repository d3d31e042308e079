import type { Answer } from '#contract/approval.ts';
import { operatingError } from '#contract/operating-error.ts';
import { parseGrantSpec } from '../core/grants/spec.ts';
import type { AlwaysRules } from './always-rules.ts';
import type { AskedAction } from './asked-questions.ts';
import { systemClock } from './clock.ts';
import type { GrantKeeper } from './grant-keeper.ts';
import type { Tasks } from './tasks.ts';

/** How long the grant of the answer "for 15 minutes" lasts. */
const quarterHourMs = 15 * 60_000;

/** Gives what an answer wider than once allows: for this task, at most until its end. */
export async function giveByAnswer(order: {
  readonly keeper: GrantKeeper;
  readonly rules: AlwaysRules;
  readonly tasks: Tasks;
  readonly asked: AskedAction;
  readonly answer: Answer;
  readonly approval: string;
}): Promise<void> {
  const { asked, answer, approval } = order;
  const { agent, workspace, task } = asked.session;
  const spec = asked.decision.remedy;
  if (spec === undefined)
    throw operatingError('grant_refused', 'No grant can lift this.', { remedy: 'Allow it once.' });
  const rule =
    answer === 'always' ? await order.rules.add({ agent, workspace, spec, approval, because: task }) : undefined;
  await order.keeper.issue({
    task: order.tasks.getRunning(asked.session.taskId),
    session: asked.session,
    pattern: parseGrantSpec(spec, { cwd: '/', home: '/' }),
    giver: rule === undefined ? 'person' : 'always',
    expiresAt: answer === 'allow-15m' ? systemClock.now() + quarterHourMs : Number.POSITIVE_INFINITY,
    approval,
    ...(rule === undefined ? {} : { rule: rule.id }),
  });
}

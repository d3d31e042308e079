import type { AgentQuestion } from '#contract/agent.ts';
import type { Limits } from '#contract/session.ts';
import type { StartExamination } from '#contract/start-examination.ts';
import { grantWords } from '#contract/text/grant-words.ts';
import { limitWords } from '#contract/text/limit-words.ts';
import { looksLikeSecret } from '#contract/text/looks-like-secret.ts';
import type { PassedVariable } from '#contract/text/passed-variable.ts';
import { wholeSpanText } from '#contract/text/span.ts';
import { agentFacts } from './agent-proposal.ts';
import type { ProposalQuestion } from './prepared.ts';

/** A start that a person is asked about: what the window wants, and what the supervisor found it to be. */
export interface AskedStart {
  readonly command: readonly string[];
  readonly task: string | undefined;
  readonly variables: readonly PassedVariable[];
  /** Those that were given; all others hold with their defaults. */
  readonly limits: Limits;
  readonly found: StartExamination;
}

/** Everything that a start would be and give, for the approval window. `home` is written `~`. */
export function startQuestion(asked: AskedStart, home: string): ProposalQuestion {
  const { command, task, variables, limits, found } = asked;
  const { agent, question, workspace, program, grants, exposed, lifeMs, notices } = found;
  const one = (label: string, text: string) => ({ label, text });
  return {
    title: titleOf(command, question),
    facts: [
      one('In', homePath(workspace, home)),
      ...(task === undefined ? [] : [one('Task', task)]),
      ...grants.map((spec) =>
        one(
          'May',
          grantWords(spec, (path) => homePath(path, home)),
        ),
      ),
      ...variables.map((variable) => one('Variable', variableWords(variable))),
      ...exposed.map(({ hostPort, port }) => one('Port', `${port} of it, which you reach at 127.0.0.1:${hostPort}`)),
      ...limitWords(limits).map((words) => one('Limit', words)),
      one('Until', `it ends, after ${wholeSpanText(lifeMs)} at the latest`),
      ...(question === undefined
        ? [one('Program', program)]
        : // What a new agent is for is the task that it is started for, when nobody says otherwise.
          agentFacts(question).filter(({ label, text }) => label !== 'Purpose' || text !== task)),
      ...notices.map((notice) => one('Know', notice)),
    ],
    risk: question === undefined ? 'notable' : 'high',
    confirm: question === undefined ? 'Start' : 'Accept and start',
    effect: effectOf(agent, grants.length > 0, question),
    command,
  };
}

function titleOf(command: readonly string[], question: AgentQuestion | undefined): string {
  const start = `Start ${command.join(' ')}`;
  if (question === undefined) return start;
  return question.kind === 'unknown'
    ? `${start}, and bring it in as the agent ${question.name}`
    : `${start}, and accept what changed of ${question.name}`;
}

function effectOf(agent: string, hasGrants: boolean, question: AgentQuestion | undefined): string {
  const walls = 'It starts inside the walls, and can read and write this folder.';
  const more = hasGrants ? ' What stands under “May” it does unasked.' : '';
  if (question === undefined) return `${walls}${more}`;
  const key =
    question.kind === 'unknown'
      ? `${agent} gets a key of its own, bound to this program.`
      : `${agent} may start with this program from now on.`;
  return `${walls}${more} ${key}`;
}

/** A variable with its value, unless that is somebody's secret: then only how long it is. */
export function variableWords({ name, value }: PassedVariable): string {
  if (value === undefined) return `${name}, with the value it has in your own environment`;
  if (value === '') return `${name}, empty`;
  return looksLikeSecret(name, value)
    ? `${name}, a value of ${value.length} characters that looks like a secret`
    : `${name} = ${value}`;
}

/** A path as its owner writes it. */
export function homePath(path: string, home: string): string {
  if (path === home) return '~';
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path;
}

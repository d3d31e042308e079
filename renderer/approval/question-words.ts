import type { Answer, Approval } from '#contract/approval.ts';
import type { Question } from '#contract/bridge.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import { networkFacts } from '#contract/text/network-facts.ts';
import {
  authority,
  foreign,
  foreignHost,
  foreignPath,
  foreignWhole,
  homePath,
  inWords,
  isShortened,
  type Span,
} from './spans.ts';

/** A question of a session. */
export type SessionQuestion = Extract<Question, { kind: 'approval' }>;

/** A label and what stands beside it. */
export interface Fact {
  readonly label: string;
  readonly spans: readonly Span[];
}

/** The risk as a word. */
export const riskWords = { low: 'Routine', notable: 'Notable', high: 'High' } as const;

/** The agent; a command that is none we know goes by its program. */
export function agentName({ agent, executable }: Pick<Approval, 'agent' | 'executable'>): Span[] {
  if (agent !== genericPresetId) return [agent];
  return [foreign(executable.path.split('/').at(-1) ?? executable.path), ' (no known agent)'];
}

const fileVerbs: Readonly<Record<string, string>> = {
  'file.read': 'read',
  'file.write': 'change',
  'file.delete': 'delete',
};

/** What is asked, in one sentence without its end. */
export function actSentence({ approval, trip }: SessionQuestion, home: string): Span[] {
  const { action, resource } = approval;
  switch (resource.kind) {
    case 'path':
      return [`${fileVerbs[action] ?? 'change the protected file'} `, foreignPath(homePath(resource.path, home))];
    case 'host':
      return ['connect to ', foreignHost(authority(resource.host, resource.port))];
    case 'url': {
      const { method, scheme, host, port, path } = resource;
      return ['send ', foreign(`${method} ${scheme}://`), foreignHost(authority(host, port)), foreignPath(path)];
    }
    case 'program':
      return ['run ', foreignPath(homePath(resource.path, home))];
    case 'secret':
      return ['use the secret ', foreign(resource.name), ' at ', foreignHost(resource.host)];
    case 'tool':
      return ['call the tool ', foreign(resource.tool), ' of ', foreign(resource.server)];
    case 'breaker':
      return [`go on: it ${trip ?? 'did too much at once'}; it stands still now`];
  }
}

/** The question's facts in the order in which they are read: what it reaches, with what, from where, why. */
export function facts(question: SessionQuestion, home: string): Fact[] {
  const { approval, hostReads } = question;
  const { resource, startedBy, key } = approval;
  const reasons = [...new Set(approval.gates.map(({ reason }) => reason))].join('; ');
  return [
    ...(resource.kind === 'breaker'
      ? lastObjects(resource.objects)
      : [...withWhat(approval, hostReads), ...knownOfHost(approval)]),
    { label: 'From', spans: [foreignPath(homePath(approval.workspace, home)), ...forTask(approval)] },
    ...(startedBy === undefined ? [] : [{ label: 'Started by', spans: starters(startedBy) }]),
    ...(key === undefined ? [] : [{ label: 'Agent’s key', spans: [key.words] }]),
    { label: 'Asked because', spans: [inWords(`${reasons}.`)] },
    ...wholeNames(question, home),
  ];
}

function forTask({ taskText }: Approval): Span[] {
  return taskText.trim() === '' ? [', for a task without words'] : [' for the task ', inWords(`“${taskText}”`)];
}

/** What the sentence or the folder shortens, as it is. */
function wholeNames(question: SessionQuestion, home: string): Fact[] {
  const { resource, workspace } = question.approval;
  const folder = homePath(workspace, home);
  const whole = (label: string, text: string) => ({ label, spans: [foreignWhole(text)] });
  return [
    ...(isShortened(actSentence(question, home)) ? [whole('Whole name', wholeName(resource, home))] : []),
    ...(isShortened([foreignPath(folder)]) ? [whole('Whole folder', folder)] : []),
  ];
}

function wholeName(resource: Approval['resource'], home: string): string {
  switch (resource.kind) {
    case 'path':
    case 'program':
      return homePath(resource.path, home);
    case 'host':
      return authority(resource.host, resource.port);
    case 'url':
      return `${resource.scheme}://${authority(resource.host, resource.port)}${resource.path}`;
    case 'secret':
      return resource.host;
    case 'tool':
      return `${resource.server} ${resource.tool}`;
    case 'breaker':
      return resource.objects.join(' ');
  }
}

function lastObjects(objects: readonly string[]): Fact[] {
  const label = 'The last ones';
  if (objects.length === 0) return [{ label, spans: ['nothing to name'] }];
  return objects.map((each) => ({ label, spans: [foreign(each)] }));
}

/** Who gets it, with which credential and what contents, as far as that can be known. */
function withWhat({ resource, protocol }: Approval, hostReads: string | undefined): Fact[] {
  if (resource.kind === 'secret') {
    return [{ label: 'With', spans: ['your secret ', foreign(resource.name), ', which the agent does not see'] }];
  }
  if (resource.kind !== 'host' && resource.kind !== 'url') return [];
  const unseen = protocol === 'http' ? 'not looked into' : 'not looked into: they pass as they are';
  return [
    // A path of any length must not push the host out of sight.
    ...(resource.kind === 'url'
      ? [{ label: 'To', spans: [foreignHost(authority(resource.host, resource.port))] }]
      : []),
    ...(hostReads === undefined
      ? []
      : [
          {
            label: 'Reads as',
            spans: [
              foreign(hostReads),
              ', in letters of another script that can pass for other ones. What counts is the name above.',
            ],
          },
        ]),
    { label: 'With', spans: ['no secret of yours added by Gatehouse'] },
    {
      label: 'Contents',
      spans: [resource.kind === 'url' ? 'the request is seen and recorded, its body is not' : unseen],
    },
  ];
}

/** What is known of the host beside its name. */
function knownOfHost(approval: Approval): Fact[] {
  return networkFacts(approval).map(({ label, text }) => ({ label, spans: [text] }));
}

function starters(actors: NonNullable<Approval['startedBy']>): Span[] {
  const names = actors.map(({ agent, session }) => `${agent} (${session})`).join(', started by ');
  return [
    `${names}. What you allow for longer than once, ${actors.length === 1 ? 'that one' : 'each of them'} may do too.`,
  ];
}

const grantVerbs: Readonly<Record<string, string>> = {
  'net.connect': 'connecting to',
  'http.request': 'sending',
  'file.read': 'reading',
  'file.write': 'changing',
  'file.delete': 'deleting',
  'process.exec': 'running',
  'secret.use': 'using the secret',
  'tool.call': 'calling',
};

/** What a grant allows, from its spec. */
function granted({ grant }: Approval, home: string): Span[] {
  if (grant === undefined) return ['this'];
  const colon = grant.indexOf(':');
  const verb = grantVerbs[grant.slice(0, colon)];
  if (verb === undefined) return [foreign(grant)];
  return [`${verb} `, foreign(homePath(grant.slice(colon + 1), home))];
}

/** What an answer would do, and until when, as the sentence that stands in the question's place before it can be given. */
export function effectSentence(answer: Answer, { approval }: SessionQuestion, home: string, nowMs: number): Span[] {
  const task: Span[] =
    approval.taskText.trim() === '' ? ['the task'] : ['the task ', inWords(`“${approval.taskText}”`)];
  const left = leftMs(approval, nowMs);
  if (approval.resource.kind === 'breaker') return tripEffect(answer, approval, left);
  switch (answer) {
    case 'allow-once':
      return ['Allow this one time'];
    case 'allow-15m':
      return ['Allow ', ...granted(approval, home), ...quarterHour(task, left)];
    case 'allow-task':
      return ['Allow ', ...granted(approval, home), ' until ', ...task, ' ends', atMost(left)];
    case 'always':
      return [
        'Allow ',
        ...granted(approval, home),
        ` in every task of ${approval.agent} in `,
        foreign(homePath(approval.workspace, home)),
        ', from now on, until you remove that rule',
      ];
    case 'deny-once':
      return ['Deny this one time'];
    case 'deny-task':
      return ['Deny this whenever it is asked again in ', ...task];
    case 'deny-pause':
      return [`Deny this and pause the session ${approval.session}; it goes on when you say so`];
    case 'deny-stop':
      return [`Deny this and stop the session ${approval.session} with everything it runs`];
  }
}

const minuteMs = 60_000;
const quarterHourMs = 15 * minuteMs;

/** How long the task lasts at most; undefined when that is not known. */
function leftMs({ taskEndsAt }: Approval, nowMs: number): number | undefined {
  const left = taskEndsAt === undefined ? Number.NaN : Date.parse(taskEndsAt) - nowMs;
  return Number.isNaN(left) ? undefined : Math.max(0, left);
}

function quarterHour(task: readonly Span[], left: number | undefined): Span[] {
  if (left === undefined) return [' for 15 minutes, and no longer than ', ...task];
  if (left >= quarterHourMs) return [' for 15 minutes'];
  return [` for ${lengthText(left)}, when `, ...task, ' ends'];
}

function atMost(left: number | undefined): string {
  return left === undefined ? '' : `, at most ${lengthText(left)}`;
}

/** A length of time in words, rounded up to what matters: `25 minutes`, `8 hours`, `3 days`. */
function lengthText(ms: number): string {
  const minutes = Math.max(1, Math.ceil(ms / minuteMs));
  const [count, unit] =
    minutes <= 90
      ? [minutes, 'minute']
      : minutes <= 48 * 60
        ? [Math.ceil(minutes / 60), 'hour']
        : [Math.ceil(minutes / 1440), 'day'];
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}

function tripEffect(answer: Answer, { session }: Approval, left: number | undefined): Span[] {
  if (answer === 'allow-once') return ['Let it go on; the breaker counts from nothing'];
  if (answer === 'deny-pause') return [`Leave the session ${session} as it stands; resuming it asks again`];
  if (answer === 'deny-stop') return [`End the session ${session} with everything it runs`];
  return [`Let it go on, and never stop it for that again until the task ends${atMost(left)}`];
}

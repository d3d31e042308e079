import type { Answer, Approval } from '#contract/approval.ts';
import type { Question } from '#contract/bridge.ts';
import { genericPresetId } from '#contract/generic-preset.ts';
import { authority, foreign, homePath, inWords, type Span } from './spans.ts';

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
      return [`${fileVerbs[action] ?? 'change the protected file'} `, foreign(homePath(resource.path, home))];
    case 'host':
      return ['connect to ', foreign(authority(resource.host, resource.port))];
    case 'url': {
      const { method, scheme, host, port, path } = resource;
      return ['send ', foreign(`${method} ${scheme}://${authority(host, port)}${path}`)];
    }
    case 'program':
      return ['run ', foreign(homePath(resource.path, home))];
    case 'secret':
      return ['use the secret ', foreign(resource.name), ' at ', foreign(resource.host)];
    case 'tool':
      return ['call the tool ', foreign(resource.tool), ' of ', foreign(resource.server)];
    case 'breaker':
      return [`go on: it ${trip ?? 'did too much at once'}; it stands still now`];
  }
}

/** The question's facts in the order in which they are read: what it reaches, with what, from where, why. */
export function facts(question: SessionQuestion, home: string): Fact[] {
  const { approval, hostReads } = question;
  const { resource, startedBy } = approval;
  const reasons = [...new Set(approval.gates.map(({ reason }) => reason))].join('; ');
  return [
    ...(resource.kind === 'breaker' ? [lastObjects(resource.objects)] : withWhat(approval, hostReads)),
    {
      label: 'From',
      spans: [foreign(homePath(approval.workspace, home)), ' for the task ', inWords(`“${approval.taskText}”`)],
    },
    ...(startedBy === undefined ? [] : [{ label: 'Started by', spans: starters(startedBy) }]),
    { label: 'Asked because', spans: [inWords(`${reasons}.`)] },
  ];
}

function lastObjects(objects: readonly string[]): Fact {
  const named = objects.flatMap((each, index) => (index === 0 ? [foreign(each)] : [', ', foreign(each)]));
  return { label: 'The last ones', spans: named.length === 0 ? ['nothing to name'] : named };
}

/** Who gets it, with which credential and what contents, as far as that can be known. */
function withWhat({ resource, protocol }: Approval, hostReads: string | undefined): Fact[] {
  if (resource.kind === 'secret') {
    return [{ label: 'With', spans: ['your secret ', foreign(resource.name), ', which the agent does not see'] }];
  }
  if (resource.kind !== 'host' && resource.kind !== 'url') return [];
  const unseen = protocol === 'http' ? 'not seen' : 'not seen: they are tunnelled as they are';
  return [
    // A path of any length must not push the host out of sight.
    ...(resource.kind === 'url' ? [{ label: 'To', spans: [foreign(authority(resource.host, resource.port))] }] : []),
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

/** What an answer would do, as the sentence that stands in the question's place before it can be given. */
export function effectSentence(answer: Answer, { approval }: SessionQuestion, home: string): Span[] {
  const task = inWords(`“${approval.taskText}”`);
  if (approval.resource.kind === 'breaker') return tripEffect(answer, approval);
  switch (answer) {
    case 'allow-once':
      return ['Allow this one time'];
    case 'allow-15m':
      return ['Allow ', ...granted(approval, home), ' for 15 minutes, and no longer than the task ', task];
    case 'allow-task':
      return ['Allow ', ...granted(approval, home), ' until the task ', task, ' ends'];
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
      return ['Deny this whenever it is asked again in the task ', task];
    case 'deny-pause':
      return [`Deny this and pause the session ${approval.session}; it goes on when you say so`];
    case 'deny-stop':
      return [`Deny this and stop the session ${approval.session} with everything it runs`];
  }
}

function tripEffect(answer: Answer, { session }: Approval): Span[] {
  if (answer === 'allow-once') return ['Let it go on; the breaker counts from nothing'];
  if (answer === 'deny-pause') return [`Leave the session ${session} as it stands; resuming it asks again`];
  if (answer === 'deny-stop') return [`End the session ${session} with everything it runs`];
  return ['Let it go on, and never stop this task for that again'];
}

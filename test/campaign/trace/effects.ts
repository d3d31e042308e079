import { z } from 'zod';
import type { AuditEvent, EventKind } from '#contract/audit.ts';
import type { TracedCall } from './strace-log.ts';

/** What the trace was taken of. */
export interface TraceContext {
  readonly supervisorPid: number;
  readonly egressPid: number;
}

/** What a kind of entry has to do with the world outside the log. */
export type EffectRow =
  | {
      /** Its entry is durable before any of these calls begins. */
      readonly rule: 'before';
      /** In words, for the table. */
      readonly effect: string;
      /** The calls that bring about what this entry says, or that tell somebody of it. */
      readonly calls: (event: AuditEvent, calls: readonly TracedCall[], context: TraceContext) => readonly TracedCall[];
      /** Why the scenario has no such entry. */
      readonly unplayed?: string;
    }
  | {
      /**
       * `narrowing`: takes something away, and is not held up by a disk that is slow or full. `seen`: says what has happened
       * outside already. `log`: says something about the log itself. `reserved`: no code writes it yet.
       */
      readonly rule: 'narrowing' | 'seen' | 'log' | 'reserved';
      readonly effect: string;
    };

const written = new Set(['write', 'writev', 'sendmsg', 'sendto', 'pwrite64', 'pwritev', 'pwritev2']);
const isAboutLog = ({ text }: TracedCall): boolean => /^\d+<[^>]*\/audit\.db[^>]*>/u.test(text);

/** Every trace of a word outside the log: sent, stored, made into a folder, given to a program. */
function outward(calls: readonly TracedCall[], word: string): TracedCall[] {
  return calls.filter((call) => !isAboutLog(call) && call.name !== 'openat' && call.text.includes(word));
}

/** What is sent over a socket and holds all these words. */
function sent(calls: readonly TracedCall[], ...words: readonly string[]): TracedCall[] {
  return calls.filter(
    ({ name, text }) =>
      written.has(name) && /^\d+<(?:socket|UNIX)/u.test(text) && words.every((word) => text.includes(word)),
  );
}

const controlSocket = (calls: readonly TracedCall[], name: string): TracedCall[] =>
  calls.filter((call) => call.name === name && call.text.includes('control.sock"'));

/** A row for each kind: one that is added later and has none is an error of the compiler, and of the test. */
export const effectRows: Readonly<Record<EventKind, EffectRow>> = {
  'log.opened': {
    rule: 'before',
    effect: 'the control socket is bound',
    calls: (_, calls) => controlSocket(calls, 'bind'),
  },
  'supervisor.started': {
    rule: 'before',
    effect: 'the control socket is bound (the policies it accepted are named in this entry)',
    calls: (_, calls) => controlSocket(calls, 'bind'),
  },
  'egress.started': {
    rule: 'before',
    effect: 'the first session’s way out is bound',
    calls: (event, calls, { egressPid }) =>
      event.detail['pid'] === egressPid
        ? calls.filter(
            ({ name, thread, text }) => name === 'bind' && thread === egressPid && text.includes('egress.sock'),
          )
        : [],
  },
  'supervisor.stopped': {
    rule: 'before',
    effect: 'the control socket is removed',
    calls: (_, calls) => controlSocket(calls, 'unlink'),
  },
  'task.created': {
    rule: 'before',
    effect: 'the task is stored, and told',
    calls: ({ task = '?' }, calls) => outward(calls, task),
  },
  'task.ended': {
    rule: 'before',
    effect: 'whoever ended it is told; the end itself is never held up',
    calls: ({ task = '?' }, calls) => sent(calls, `\\"result\\":{\\"task\\":{\\"id\\":\\"${task}`, 'endedAt'),
  },
  'grant.issued': {
    rule: 'before',
    effect: 'the grant is stored; the agent that has it is executed',
    calls: ({ detail, session = '?' }, calls) => [
      ...outward(calls, String(detail['grant'])),
      // One that an answer gives comes when the agent runs already.
      ...calls.filter(
        ({ name, text }) => name === 'mkdir' && detail['approval'] === undefined && text.includes(session),
      ),
    ],
  },
  'agent.added': {
    rule: 'before',
    effect: 'the agent is stored with its key, and told',
    calls: ({ detail }, calls) => outward(calls, String(detail['fingerprint'])),
  },
  'agent.accepted': {
    rule: 'before',
    effect: 'whoever accepted it is told',
    calls: ({ agent = '?' }, calls) => sent(calls, agent, '\\"added\\":false'),
  },
  'agent.rotated': {
    rule: 'before',
    effect: 'the agent is stored with its new key, and told',
    calls: ({ detail }, calls) => outward(calls, String(detail['fingerprint'])),
  },
  'agent.resumed': {
    rule: 'before',
    effect: 'whoever resumed it is told',
    // The key was rotated while it was suspended: with this one it is active only from here on.
    calls: ({ detail }, calls) =>
      sent(calls, '\\"result\\":{\\"agent\\"', '\\"state\\":\\"active\\"', String(detail['fingerprint'])),
  },
  'agent.refused': {
    rule: 'before',
    effect: 'the client is told',
    calls: ({ detail }, calls) => sent(calls, '\\"error\\"', String(detail['code'])),
  },
  'memory.pinned': {
    rule: 'before',
    effect: 'the pin is stored, and the agent starts',
    // Its digests are nowhere else; without a file there is nothing to look for.
    calls: ({ detail }, calls) => {
      const first = z.array(z.object({ sha256: z.string() })).safeParse(detail['files']).data?.[0];
      return first === undefined ? [] : outward(calls, first.sha256);
    },
  },
  'memory.changed': {
    rule: 'before',
    effect: 'the client is told (what is asked about; a changed database is an observation)',
    calls: ({ detail }, calls) => (detail['asked'] === true ? sent(calls, String(detail['question'])) : []),
  },
  'memory.accepted': {
    rule: 'before',
    effect: 'whoever accepted it is told',
    calls: ({ agent = '?', detail }, calls) => sent(calls, agent, '\\"files\\"', String(detail['workspace'])),
  },
  'session.starting': {
    rule: 'before',
    effect: 'folder and way out are made, bubblewrap and the agent are executed',
    calls: ({ session = '?', detail }, calls) => {
      const command = Array.isArray(detail['command']) ? String(detail['command'].at(-1)) : '?';
      return [
        // The row of its task names it too: that is an effect of `task.created`.
        ...outward(calls, session).filter(({ name }) => name !== 'pwrite64'),
        ...calls.filter(({ name, text }) => name === 'execve' && text.includes(`"${command}"`)),
      ];
    },
  },
  'session.started': {
    rule: 'before',
    effect: 'the client gets the token of the session’s stream',
    calls: ({ session = '?' }, calls) => sent(calls, session, 'streamToken'),
  },
  'session.attached': {
    rule: 'before',
    effect: 'the client gets a token for the session’s stream',
    calls: ({ session = '?' }, calls) => sent(calls, session, 'streamToken', 'readOnly'),
  },
  'session.detached': {
    rule: 'before',
    effect: 'who asked to leave is told that the session goes on; that one is gone otherwise is only seen',
    calls: ({ detail }, calls) => (detail['why'] === 'asked' ? sent(calls, '{\\"why\\":\\"asked\\"}') : []),
  },
  'session.refused': {
    rule: 'before',
    effect: 'the client is told',
    calls: ({ detail }, calls) =>
      sent(calls, `\\"error\\"`, String(Array.isArray(detail['command']) ? detail['command'][0] : '?')),
  },
  'session.ended': {
    rule: 'before',
    effect: 'the last frame goes to the client, and the answer to whoever ended it',
    calls: ({ session = '?', detail }, calls) => [
      ...sent(
        calls,
        `{\\"exit\\":{\\"status\\":${exitStatus(detail)}`,
        `\\"endReason\\":\\"${String(detail['reason'])}`,
      ),
      ...sent(calls, session, 'endedAt'),
    ],
  },
  decision: {
    rule: 'before',
    effect: 'allow of a name: it is looked up; deny: the agent is told',
    calls: ({ decision, detail }, calls, { egressPid }) =>
      decision === 'allow'
        ? calls.filter(
            ({ name, threadName, text }) =>
              threadName.startsWith('libuv') &&
              ((name === 'openat' && text.includes('/etc/hosts')) ||
                (name === 'connect' && /nscd|htons\(53\)/u.test(text))),
          )
        : calls.filter(
            ({ name, thread, text }) =>
              thread === egressPid &&
              written.has(name) &&
              text.includes(' 403 ') &&
              text.includes(String(detail['host'])),
          ),
  },
  'approval.asked': {
    rule: 'before',
    effect: 'the question is shown',
    calls: ({ detail }, calls) => sent(calls, '\\"approval.asked\\"', String(detail['approval'])),
  },
  'approval.answered': {
    rule: 'before',
    effect: 'allow: whoever answered is told; a denial is never held up',
    calls: ({ detail }, calls) =>
      !String(detail['answer']).startsWith('deny')
        ? sent(calls, '\\"result\\":{\\"approval\\"', String(detail['approval']))
        : [],
  },
  'rule.added': {
    rule: 'before',
    effect: 'the file of the rule is written',
    calls: ({ detail }, calls) => outward(calls, String(detail['rule'])),
  },
  'session.resumed': {
    rule: 'before',
    effect: 'whoever asked for it is told',
    calls: ({ session = '?' }, calls) =>
      sent(calls, '\\"result\\":{\\"sessions\\"', session, '\\"state\\":\\"running\\"'),
  },
  'connection.opened': {
    rule: 'before',
    effect: 'the egress worker connects',
    calls: ({ detail }, calls, { egressPid }) =>
      calls.filter(
        ({ name, thread, text }) =>
          name === 'connect' && thread === egressPid && text.includes(`htons(${String(detail['port'])})`),
      ),
  },
  'port.exposed': {
    rule: 'before',
    effect: 'the egress worker listens on it',
    // Whether it can be had was tried before, by the supervisor itself and for a moment.
    calls: ({ detail }, calls, { egressPid }) =>
      calls.filter(
        ({ name, thread, text }) =>
          name === 'bind' && thread === egressPid && text.includes(`htons(${String(detail['hostPort'])})`),
      ),
  },
  'log.retention': {
    rule: 'before',
    effect: 'the setting is stored, and told',
    calls: ({ detail }, calls) => outward(calls, `\\"keepMs\\":${String(detail['keepMs'])}`),
  },
  'log.compacted': {
    rule: 'before',
    effect: 'content is overwritten, and whoever asked is told',
    calls: (_, calls) => sent(calls, '\\"result\\":{\\"through\\"', '\\"erased\\"'),
  },
  'login.kept': {
    rule: 'before',
    effect: 'the login is written where the agent’s other workspaces get it from',
    calls: (_, calls) => calls.filter(({ name, text }) => written.has(name) && text.includes('/login/.codex/')),
  },
  'login.removed': { rule: 'narrowing', effect: 'the login is removed' },
  'login.refused': { rule: 'seen', effect: 'an agent has put something in place of its login' },
  'home.reset': { rule: 'narrowing', effect: 'private homes and logins are removed' },
  'agents.reviewed': { rule: 'seen', effect: 'a person has looked through the agents' },
  'agent.suspended': { rule: 'narrowing', effect: 'its sessions are ended, and nothing is allowed to it' },
  'agent.retired': { rule: 'narrowing', effect: 'its sessions are ended, its key is removed' },
  'session.paused': { rule: 'narrowing', effect: 'every process of the session stands still' },
  'grant.ended': { rule: 'narrowing', effect: 'nothing is let through by it any more, and its connections are closed' },
  'rule.removed': { rule: 'narrowing', effect: 'the file of the rule is removed' },
  'approval.lapsed': { rule: 'seen', effect: 'a question is closed without an answer' },
  'transcript.removed': { rule: 'narrowing', effect: 'the file is removed' },
  'session.stopping': { rule: 'narrowing', effect: 'signals to the session' },
  'limit.reached': { rule: 'narrowing', effect: 'the session is ended, or the kernel has refused' },
  'breaker.tripped': { rule: 'narrowing', effect: 'every process of the session stands still' },
  'clock.changed': { rule: 'narrowing', effect: 'times that are over end' },
  'egress.failed': { rule: 'seen', effect: 'the worker is gone already; its sessions are ended' },
  'connection.closed': { rule: 'seen', effect: 'the connection is over' },
  'port.closed': { rule: 'seen', effect: 'nothing listens on it any more' },
  'workspace.changed': { rule: 'seen', effect: 'the agent has changed a file that it may change' },
  'workspace.watch': { rule: 'seen', effect: 'changes were missed, or are no longer watched' },
  'log.damaged': { rule: 'log', effect: 'none' },
  'log.signed': { rule: 'log', effect: 'none' },
  'log.unsigned': { rule: 'log', effect: 'none' },
  'log.reindexed': { rule: 'log', effect: 'the search index, which is no evidence, is made anew' },
  'policy.loaded': {
    rule: 'before',
    effect: 'the file of the person’s own rules is written; those of the start are accepted with `supervisor.started`',
    calls: ({ detail }, calls) => outward(calls, String(detail['file'])),
    unplayed: 'rules are saved from the windows alone, which the traced scenario does not open',
  },
  'grant.refused': { rule: 'reserved', effect: 'a refused grant refuses the session' },
};

function exitStatus(detail: AuditEvent['detail']): string {
  const { exit } = detail;
  return typeof exit === 'object' && exit !== null && 'status' in exit ? String(exit['status']) : '?';
}

import { isUtf8 } from 'node:buffer';
import type { Session } from '#contract/session.ts';
import { visible } from '#contract/text/visible.ts';
import type { ControlClient } from '../adapters/control/client.ts';
import type { SessionEnd } from '../adapters/control/stream-client.ts';
import { followEvents } from './follow-events.ts';
import { grantLines } from './render/grant-lines.ts';
import { printJson, notice as say, type Terminal } from './terminal.ts';
import { writeAll } from './write-all.ts';

/** Where a run's output, notices and end go. */
export interface RunOutput {
  notice(text: string): void;
  bytes(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void>;
  ended(end: SessionEnd, control: ControlClient): Promise<void>;
}

/** More decisions than this are not counted one by one. */
const countedMax = 1000;

/** How a session ended, for those ways that need a word. */
export const endTexts: Readonly<Record<string, string>> = {
  stopped: 'was stopped',
  killed: 'was killed',
  client_gone: 'ended because its terminal went away',
  wall_time: 'reached its time limit and was ended',
  cpu_time: 'reached its limit of processor time and was ended',
  output_limit: 'reached its output limit and was ended',
  breaker: 'was ended: a breaker tripped, and there was nobody to ask',
  memory_limit: 'reached its memory limit and was ended',
  task_ended: 'ended because its task ended',
  parent_ended: 'ended because the session that started it is over',
  agent_suspended: 'ended because its agent was suspended',
  agent_retired: 'ended because its agent was retired',
  supervisor_stopped: 'ended because the supervisor was stopped',
  supervisor_died: 'ended because the supervisor died',
  failed: 'failed',
};

/** The agent's bytes go through untouched; Gatehouse speaks on standard error only. */
export function plainOutput(terminal: Terminal, session: Session): RunOutput {
  return {
    notice: (text) => say(terminal, text),
    bytes: (stream, bytes) => writeAll(terminal[stream], bytes),
    async ended(end, control) {
      const ending = endTexts[end.endReason];
      // An agent that was ended left its cursor amid what it drew.
      if (ending !== undefined && terminal.screen.terminal && terminal.errorScreen.terminal) {
        terminal.stderr.write('\r\n\x1b[J');
      }
      if (ending !== undefined) say(terminal, `${session.id} ${ending}.`);
      for (const notice of end.notices) say(terminal, visible(notice));
      if (terminal.errorScreen.terminal) {
        terminal.stderr.write(await summary(terminal, session.id, control));
        for (const line of grantLines(end.grants, terminal.errorScreen)) terminal.stderr.write(`${line}\n`);
      }
    },
  };
}

/** Everything becomes an object on a line of standard output: the session, its output, its events, its end. */
export function jsonOutput(terminal: Terminal, control: ControlClient, session: Session): RunOutput {
  printJson(terminal, { type: 'session', session });
  const events = followEvents(control, { query: '', session: session.id, tail: countedMax }, (event) =>
    printJson(terminal, { type: 'event', event }),
  );
  // Awaited in `ended`; a failure before that must not end the process under a running session.
  events.catch(() => {});
  return {
    notice: (text) => printJson(terminal, { type: 'notice', text }),
    bytes: (stream, bytes) => writeAll(terminal.stdout, `${JSON.stringify({ type: stream, ...encoded(bytes) })}\n`),
    async ended({ exit, endReason, notices, grants }) {
      await (await events).finish();
      for (const text of notices) printJson(terminal, { type: 'notice', text });
      printJson(terminal, { type: 'end', session: session.id, exit, endReason, grants });
    },
  };
}

/** Text where the bytes are text, else base64; nothing is lost either way. */
function encoded(bytes: Uint8Array): { encoding: 'utf8' | 'base64'; data: string } {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const encoding = isUtf8(buffer) ? 'utf8' : 'base64';
  return { encoding, data: buffer.toString(encoding) };
}

async function summary(terminal: Terminal, id: string, control: ControlClient): Promise<string> {
  const count = async (decision: string) => {
    const found = await control.call('log.query', { query: `decision:${decision}`, session: id, limit: countedMax });
    return `${found.events.length}${found.more ? '+' : ''}`;
  };
  const [blocked, allowed] = await Promise.all([count('deny'), count('allow')]);
  const { paint } = terminal.errorScreen;
  const blockedText = paint(blocked === '0' ? 'plain' : 'bad', `${blocked} blocked`);
  return `${id} ended: ${blockedText}, ${allowed} allowed ${paint('dim', `· gatehouse log session:${id}`)}\n`;
}

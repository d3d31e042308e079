import type { Approval } from '#contract/approval.ts';
import type { Question } from '#contract/bridge.ts';

const kindWords: Readonly<Record<string, string>> = {
  path: 'file',
  host: 'network',
  url: 'network',
  program: 'program',
  secret: 'secret',
  tool: 'tool',
  breaker: 'breaker',
};

/** What waits: calls that joined the question that is shown, and what is behind it. Empty when nothing does. */
export function queueText(questions: readonly Question[]): string {
  const [first, ...behind] = questions;
  const held = first?.kind === 'approval' ? first.approval.held : 0;
  const joined = held > 1 ? `${held} identical calls wait for this answer` : '';
  return [joined, behindText(behind)].filter((text) => text !== '').join(' · ');
}

/** E.g. `2 more waiting: 1 network, 1 file`. */
function behindText(behind: readonly Question[]): string {
  if (behind.length === 0) return '';
  const counts = new Map<string, number>();
  for (const question of behind) {
    const word = question.kind === 'proposal' ? 'of your own' : (kindWords[question.approval.resource.kind] ?? 'other');
    counts.set(word, (counts.get(word) ?? 0) + 1);
  }
  return `${behind.length} more waiting: ${[...counts].map(([word, count]) => `${count} ${word}`).join(', ')}`;
}

/** Minutes and seconds, like `0:07`. */
export function clockText(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/** How long a question has waited, and how long its calls are held. */
export function waitText(question: Question, nowMs: number): string {
  if (question.kind === 'proposal') return '';
  const { patienceMs, resource } = question.approval;
  const waited = waitedMs(question.approval, nowMs);
  if (resource.kind === 'breaker') return `paused for ${clockText(waited)}`;
  if (waited < patienceMs) return `waiting ${clockText(waited)} / ${clockText(patienceMs)}`;
  return `given up after ${clockText(patienceMs)}`;
}

/** The part of the time that calls are held which is left, from 1 to 0; undefined where nothing runs out. */
export function timeLeft(question: Question, nowMs: number): number | undefined {
  if (question.kind === 'proposal' || question.approval.resource.kind === 'breaker') return undefined;
  const { patienceMs } = question.approval;
  return Math.max(0, 1 - waitedMs(question.approval, nowMs) / Math.max(1, patienceMs));
}

/** What an answer does once nobody holds the call any more; empty before. */
export function givenUpText(question: Question, nowMs: number): string {
  return timeLeft(question, nowMs) === 0 ? 'Given up; an answer counts for its next try' : '';
}

function waitedMs({ askedAt }: Approval, nowMs: number): number {
  const askedMs = Date.parse(askedAt);
  return Number.isNaN(askedMs) ? 0 : Math.max(0, nowMs - askedMs);
}

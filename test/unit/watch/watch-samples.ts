import { type Approval, answerSchema } from '#contract/approval.ts';
import type { AuditEvent } from '#contract/audit.ts';
import type { Grant } from '#contract/grant.ts';
import type { Session } from '#contract/session.ts';
import { WatchState } from '../../../main/cli/watch/watch-state.ts';

/** What the clock of these tests says at first. */
export const startedAt = '2026-11-28T12:00:00.000Z';
/** The code that questions are shown with. */
export const code = 'K7Q';
/** Moves the cursor, clears, hides, reorders, breaks lines, is wide, covers other lines, and is long. */
export const hostileText = `\x1b[2J\x1b[H\x1b]0;title\x07\u202eevil\u2066\n\r\t\u200b修复🚀${'\u0301'.repeat(50)}\u{1f1e9}\u{1f1ea}${'长'.repeat(400)}`;

export function approvalOf(number: number, change: Partial<Approval> = {}): Approval {
  return {
    id: `a-${number.toString(16).padStart(8, '0')}`,
    digest: '0'.repeat(64),
    session: 'a1c9-calm-otter',
    agent: 'claude-code',
    task: 't-00000001',
    taskText: 'Fix the checkout',
    workspace: '/home/me/shop',
    command: ['claude'],
    executable: { path: '/home/me/.local/bin/claude', sha256: 'ab'.repeat(32) },
    action: 'net.connect',
    resource: { kind: 'host', host: `host${number}.example.org`, port: 443 },
    protocol: 'connect',
    gates: [{ gate: 'net.new-host', risk: 'notable', reason: 'nobody has granted this host', onlyOnce: false }],
    risk: 'notable',
    answers: [...answerSchema.options],
    grant: `net.connect:host${number}.example.org:443`,
    askedAt: startedAt,
    held: 1,
    patienceMs: 45_000,
    state: 'waiting',
    ...change,
  };
}

export function sessionOf(number: number, change: Partial<Session> = {}): Session {
  return {
    id: `${number.toString(16).padStart(4, '0')}-calm-otter`,
    agent: 'claude-code',
    taskId: `t-${number.toString(16).padStart(8, '0')}`,
    task: `Task ${number}`,
    workspace: '/home/me/shop',
    command: ['claude'],
    state: 'running',
    tty: true,
    startedAt: new Date(Date.parse(startedAt) + number).toISOString(),
    ...change,
  };
}

export function grantOf(number: number, change: Partial<Grant> = {}): Grant {
  return {
    id: `g-${number}`,
    spec: `net.connect:host${number}.example.org:443`,
    action: 'net.connect',
    taskId: 't-00000001',
    giver: 'person',
    issuedAt: startedAt,
    expiresAt: '2026-11-28T12:15:00.000Z',
    uses: 0,
    ...change,
  };
}

export function eventOf(seq: number, change: Partial<AuditEvent> = {}): AuditEvent {
  return {
    seq,
    at: startedAt,
    hash: 'cd'.repeat(32),
    kind: 'decision',
    session: 'a1c9-calm-otter',
    decision: 'deny',
    summary: `Blocked: number ${seq}`,
    detail: { large: 'x'.repeat(10_000) },
    ...change,
  };
}

/** A screen that is connected, and the clock it goes by. */
export function liveState(size: { columns: number; rows: number } = { columns: 80, rows: 24 }) {
  const time = { nowMs: Date.parse(startedAt), steadyMs: 1_000 };
  const state = new WatchState({ now: () => time.nowMs, steady: () => time.steadyMs }, '/home/me');
  Object.assign(state, size);
  state.link = 'live';
  return { state, time };
}

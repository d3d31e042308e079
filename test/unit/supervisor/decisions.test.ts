import { expect, test } from 'vitest';
import type { AuditLog } from '../../../main/core/audit/log.ts';
import type { Approvals } from '../../../main/supervisor/approvals.ts';
import { type DecidingSession, Decisions, deny } from '../../../main/supervisor/decisions.ts';

test('[MON-2] [RUN-7] what is turned away at an exposed port is none of the session’s denials; what it sent itself is', async () => {
  const counted: string[] = [];
  const recorded: unknown[] = [];
  const session = {
    principal: { sessionId: 'a1c9-calm-otter', taskId: 't-00000001', agent: 'codex' },
    breakers: { denied: (_: string, what: string) => counted.push(what) },
  } as unknown as DecidingSession;
  const audit = { append: async (event: unknown) => recorded.push(event) } as unknown as AuditLog;
  const decisions = new Decisions(audit, {} as Approvals, () => session);
  const decision = deny('limit', 'Too many.');
  for (const protocol of ['exposed', 'http']) {
    await decisions.refused({ sessionId: 'a1c9-calm-otter', protocol, what: `over ${protocol}`, decision });
  }
  expect(recorded).toHaveLength(2);
  expect(counted).toEqual(['over http']);
});

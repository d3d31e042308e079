import { useEffect, useState } from 'react';
import { z } from 'zod';
import type { AuditEvent } from '#contract/audit.ts';
import { limitsSchema } from '#contract/session.ts';
import { call } from '../../bridge.ts';

const packageSchema = z.object({ ecosystem: z.string(), name: z.string(), version: z.string() });

/** What the record says of a session's beginning. Fields that are not as expected are left out, not guessed. */
const startSchema = z.object({
  executable: z
    .object({ path: z.string(), sha256: z.string(), package: packageSchema.optional() })
    .optional()
    .catch(undefined),
  preset: z.string().optional().catch(undefined),
  presetVerified: z.string().nullable().optional().catch(undefined),
  limits: limitsSchema.optional().catch(undefined),
  breakers: z
    .record(z.string(), z.union([z.number(), z.string()]))
    .optional()
    .catch(undefined),
  policy: z.string().optional().catch(undefined),
  passed: z.array(z.string()).optional().catch(undefined),
});
export type SessionStartRecord = z.infer<typeof startSchema>;

/** Sessions whose beginning is remembered; it never changes. */
const knownMax = 200;
const known = new Map<string, Promise<SessionStartRecord | undefined>>();

function startRecordOf(session: string): Promise<SessionStartRecord | undefined> {
  const before = known.get(session);
  if (before !== undefined) return before;
  const asked = call('log.query', { query: 'kind:session.starting', session, limit: 1 }).then(
    ({ events: [event] }) => {
      if (event === undefined) known.delete(session);
      return event === undefined ? undefined : startSchema.parse(event.detail);
    },
    () => {
      known.delete(session);
      return undefined;
    },
  );
  if (known.size >= knownMax) known.clear();
  known.set(session, asked);
  return asked;
}

/** How a session began, once the record was read; `state` makes it look again at what was not on record yet. */
export function useStartRecord(session: string, state: string): SessionStartRecord | undefined {
  const [record, setRecord] = useState<{ readonly session: string; readonly start: SessionStartRecord | undefined }>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a starting session has no record yet
  useEffect(() => {
    let left = false;
    void startRecordOf(session).then((start) => {
      if (!left) setRecord({ session, start });
    });
    return () => {
      left = true;
    };
  }, [session, state]);
  return record?.session === session ? record.start : undefined;
}

const grantsSchema = z.object({
  unused: z.array(z.object({ spec: z.string(), giver: z.string() })),
  narrower: z.array(z.object({ spec: z.string(), enough: z.array(z.string()) })),
});

/** What the last entry of a session says about its grants. */
export function unusedGrants(event: AuditEvent | undefined): z.infer<typeof grantsSchema> | undefined {
  const parsed = grantsSchema.safeParse(event?.detail['grants']);
  return parsed.success ? parsed.data : undefined;
}

import type { AuditEvent } from '#contract/audit.ts';

/** A listener that throws is a bug of its own: it must not make a recorded event look unrecorded. */
export function tell(listener: (event: AuditEvent) => void, event: AuditEvent): void {
  try {
    listener(event);
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}

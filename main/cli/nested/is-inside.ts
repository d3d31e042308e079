import type { Terminal } from '../terminal.ts';

/** Whether this process is part of a session. What it may do is decided outside; this only says it in time. */
export function isInside(environment: Terminal['environment']): boolean {
  return environment['GATEHOUSE'] === '1' && (environment['GATEHOUSE_SESSION'] ?? '') !== '';
}

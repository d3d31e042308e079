import type { ErrorCode, ErrorData } from '#contract/errors.ts';
import { GatehouseError } from '#contract/operating-error.ts';
import { visible } from '#contract/text/visible.ts';
import { UsageError } from './usage-error.ts';

/** Exit statuses of Gatehouse itself; `run` otherwise passes the command's own through. */
export const exitStatus = { ok: 0, no: 1, usage: 2, failed: 125, refused: 126, notFound: 127 } as const;

const refusals: readonly ErrorCode[] = [
  'grant_refused',
  'workspace_refused',
  'task_ended',
  'agent_unknown',
  'agent_changed',
  'agent_refused',
  'memory_changed',
  'memory_refused',
  'approval_refused',
];

/** The typed facts of an operating error; `undefined` for any other one. */
export function errorDataOf(error: unknown): ErrorData | undefined {
  return error instanceof GatehouseError ? error.data : undefined;
}

/** The exit status of `run` for a failure before or around the command. */
export function runExitStatus(error: unknown): number {
  const code = errorDataOf(error)?.code;
  if (code === 'command_not_found') return exitStatus.notFound;
  return code !== undefined && refusals.includes(code) ? exitStatus.refused : exitStatus.failed;
}

/** The exit status of every other command for a failure. */
export function commandExitStatus(error: unknown): number {
  if (error instanceof UsageError) return exitStatus.usage;
  const code = errorDataOf(error)?.code;
  if (code === 'not_found' || code === 'session_not_running') return exitStatus.no;
  return code === 'invalid_request' || code === 'query_invalid' ? exitStatus.usage : exitStatus.failed;
}

/** What to tell a program about a failure. */
export function failureData(error: unknown): { readonly code: string; readonly what: string } {
  const what = error instanceof Error ? error.message : String(error);
  return errorDataOf(error) ?? { code: error instanceof UsageError ? 'usage' : 'fault', what };
}

/** What to tell a person about a failure: what, why, remedy; the stack only when GATEHOUSE_DEBUG is set. */
export function failureText(error: unknown, environment: Readonly<Record<string, string | undefined>>): string {
  const data = errorDataOf(error);
  const parts =
    data !== undefined
      ? [data.what, data.why, data.remedy]
      : error instanceof UsageError
        ? [error.message]
        : [`This is a fault in Gatehouse: ${error instanceof Error ? error.message : String(error)}.`, debugHint];
  // Only our own line breaks: several problems of one file come one a line.
  const lines = parts.flatMap((part) => part?.split('\n') ?? []).map((line) => sentence(visible(line)));
  const stack = error instanceof Error && environment['GATEHOUSE_DEBUG'] === '1' ? `${error.stack ?? ''}\n` : '';
  return `gatehouse: ${lines.join(parts.some((part) => part?.includes('\n')) ? '\n  ' : ' ')}\n${stack}`;
}

/** Parts come from many hands; read one after the other they should look like one. */
function sentence(text: string): string {
  // A name such as `claude` or a path keeps its case: only a plain word begins with a capital.
  const begun = /^[a-z]+ /u.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?:`]$/u.test(begun) || begun === '' ? begun : `${begun}.`;
}

const debugHint = 'GATEHOUSE_DEBUG=1 shows where.';

import type { AgentQuestion } from './agent.ts';
import type { ErrorCode, ErrorData } from './errors.ts';
import type { MemoryQuestion } from './memory.ts';

// Apart from the schemas of `errors.ts`, so that throwing an error does not load zod: each `gatehouse run` would wait for it.

/** JSON-RPC error code that carries an `ErrorData` (JSON-RPC 2.0 §5.1, server error range). */
export const operatingErrorCode = -32000;

/** The one typed error of the code base. */
export class GatehouseError extends Error {
  readonly data: ErrorData;

  constructor(data: ErrorData, options?: { cause?: unknown }) {
    super([data.what, data.why, data.remedy].filter((part) => part !== undefined).join(' '), options);
    this.name = 'GatehouseError';
    this.data = data;
  }
}

/** Makes a `GatehouseError`: code, what failed, and optionally why and the remedy. */
export function operatingError(
  code: ErrorCode,
  what: string,
  more: {
    why?: string | undefined;
    remedy?: string | undefined;
    cause?: unknown;
    agent?: AgentQuestion;
    memory?: MemoryQuestion;
  } = {},
): GatehouseError {
  const data: ErrorData = { code, what };
  if (more.why !== undefined) data.why = more.why;
  if (more.remedy !== undefined) data.remedy = more.remedy;
  if (more.agent !== undefined) data.agent = more.agent;
  if (more.memory !== undefined) data.memory = more.memory;
  return new GatehouseError(data, more.cause === undefined ? undefined : { cause: more.cause });
}

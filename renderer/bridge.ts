import type { Params, Result } from '#contract/api.ts';
import type { MainBridge, Outcome, WindowMethod } from '#contract/bridge.ts';
import type { ErrorData } from '#contract/errors.ts';

declare global {
  interface Window {
    readonly gatehouse: MainBridge;
  }
}

/** What an operation of the supervisor's failed with, as data that a page can show. */
export class BridgeError extends Error {
  readonly data: ErrorData;

  constructor(data: ErrorData) {
    super(data.what);
    this.name = 'BridgeError';
    this.data = data;
  }
}

/** The value, or the failure thrown as `BridgeError`. */
export function unwrap<T>(outcome: Outcome<T>): T {
  if (outcome.ok) return outcome.value;
  throw new BridgeError(outcome.error);
}

/** Calls a method that reads or narrows. Rejects with `BridgeError`. */
export async function call<M extends WindowMethod>(method: M, params: Params<M>): Promise<Result<M>> {
  return unwrap(await window.gatehouse.call(method, params));
}

/** An error of any kind as data. */
export function errorDataOf(error: unknown): ErrorData {
  if (error instanceof BridgeError) return error.data;
  return { code: 'invalid_request', what: 'This page met a bug.', why: String(error), remedy: 'Please report it.' };
}

/** The code of a system error, e.g. `ENOENT`; for anything else what it says. */
export function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}

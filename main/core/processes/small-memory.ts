/**
 * How a Node of ours is started so that it holds little at rest (`npm run bench -- memory`): without these the supervisor
 * held 16 to 35 MiB more, of which most was what compiling threads had freed and the C library kept for them.
 */

/** One thread beside the program for compiling and collecting, and a small young generation, for its own threads too. */
export function smallMemoryWords(semiSpaceMiB: number): string[] {
  return ['--v8-pool-size=1', `--max-semi-space-size=${semiSpaceMiB}`];
}

/** One heap of the C library for all threads, whose free end goes back at once (mallopt(3); elsewhere nothing reads them). */
export const smallMemoryVariables = { MALLOC_ARENA_MAX: '1', MALLOC_TRIM_THRESHOLD_: '131072' } as const;

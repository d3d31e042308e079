/** Compiles portcullis into one program at `outFile` (default `dist/portcullis`). */
export function buildPortcullis(options?: {
  outFile?: string;
  /** Preprocessor names for a test build, e.g. `GUARD_OFF_SECCOMP`. */
  defines?: readonly string[];
  /** With the address and undefined-behaviour sanitizers, for tests. */
  sanitize?: boolean;
  compiler?: string;
}): Promise<void>;

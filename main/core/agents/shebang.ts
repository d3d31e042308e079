/** How a script names its interpreter. */
export interface Shebang {
  /** Absolute path after `#!`. */
  readonly interpreter: string;
  /** The command `env` looks up on the PATH, when the interpreter is `env`. */
  readonly viaEnv: string | undefined;
}

/** As much of the first line as the kernel reads (BINPRM_BUF_SIZE). */
export const shebangBytesMax = 256;

/**
 * Reads the first line of a script. Undefined for anything else, and for a relative interpreter, whose meaning would
 * depend on the folder it is started from.
 */
export function parseShebang(start: Uint8Array): Shebang | undefined {
  const text = Buffer.from(start.subarray(0, shebangBytesMax)).toString('latin1');
  if (!text.startsWith('#!')) return undefined;
  const line = (text.slice(2).split('\n', 1)[0] ?? '').trim();
  const interpreter = line.split(/[ \t]/u, 1)[0] ?? '';
  if (!interpreter.startsWith('/') || interpreter.includes('\0')) return undefined;
  const rest = line.slice(interpreter.length).trim();
  const isEnv = interpreter.endsWith('/env');
  return { interpreter, viaEnv: isEnv ? commandOfEnv(rest) : undefined };
}

/** Skips options and assignments of `env [-S] [-i] [NAME=VALUE]... COMMAND`. */
function commandOfEnv(rest: string): string | undefined {
  const words = rest.split(/[ \t]+/u).filter((word) => word !== '');
  return words.find((word) => !word.startsWith('-') && !/^[A-Za-z_][A-Za-z0-9_]*=/u.test(word));
}

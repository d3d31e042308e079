import type { TerminalSize } from '#contract/session.ts';

/** What a transcript says of itself, so that nobody takes it for a harmless log. */
const sensitiveTitle = 'SENSITIVE: everything this agent printed, unredacted';

/** The first line of a transcript in the format asciicast v2. Pipes have no size; players want one. */
export function asciicastHeader(about: {
  readonly sessionId: string;
  readonly size: TerminalSize | undefined;
  readonly startedAtMs: number;
}): string {
  const { columns, rows } = about.size ?? { columns: 80, rows: 24 };
  return line({
    version: 2,
    width: columns,
    height: rows,
    timestamp: Math.floor(about.startedAtMs / 1000),
    title: `${sensitiveTitle} (session ${about.sessionId})`,
  });
}

/**
 * One event: `o` is output, `r` a new size, `m` a mark. Standard error of pipes is `e`, which players skip.
 */
export function asciicastEvent(atMs: number, kind: 'o' | 'e' | 'r' | 'm', text: string): string {
  return line([Math.round(atMs) / 1000, kind, text]);
}

function line(value: unknown): string {
  return `${JSON.stringify(value)}\n`;
}

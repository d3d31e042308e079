import { TerminalScanner } from './terminal-scanner.ts';

const escapeByte = 0x1b;
/** Backspace, tab, line feed and its like, carriage return, shifts between character sets. */
const controls: ReadonlySet<number> = new Set([0x08, 0x09, 0x0a, 0x0b, 0x0c, 0x0d, 0x0e, 0x0f]);

/**
 * Sequences that only draw, move or set. Left out are those that a terminal answers (device attributes, status and mode reports,
 * window reports, the keyboard's state), so that nothing is typed into the agent by showing what it once printed.
 */
const harmless = [
  /^\x1b\[[\d;:]*[@A-HJ-MPSTXZ`ademfrsu]$/u,
  /^\x1b\[[\d;]*[ghl]$/u,
  /^\x1b\[\?[\d;]*[hlJKrs]$/u,
  /^\x1b\[[<>=][\d;]*u$/u,
  /^\x1b\[>[\d;]*m$/u,
  /^\x1b\[\d* q$/u,
  /^\x1b\[!p$/u,
  /^\x1b[ -/]*[0-Y\\-~]$/u,
  // Titles and links; not colours that can be asked for, and not the clipboard (OSC 52).
  /^\x1b\](?:[012]|8;[^;]*);[^\x00-\x06\x08-\x1a\x1c-\x1f]*(?:\x07|\x1b\\)$/u,
];

/**
 * What of a terminal's old output may be shown again to another terminal: text and what draws it. Without bells, questions to the
 * terminal, clipboard writes, and whatever is not known to be harmless. An incomplete last sequence stays: what comes live completes it.
 */
export function replayable(bytes: Uint8Array): Buffer {
  const scanner = new TerminalScanner();
  const kept: Uint8Array[] = [];
  let unitAt = 0;
  let keptAt = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    if (!scanner.step(bytes[at] ?? 0)) continue;
    if (!mayShow(bytes, unitAt, at + 1)) {
      kept.push(bytes.subarray(keptAt, unitAt));
      keptAt = at + 1;
    }
    unitAt = at + 1;
  }
  kept.push(bytes.subarray(keptAt));
  return Buffer.concat(kept);
}

/** One character, control or sequence: bytes from `start` up to `end`. */
function mayShow(bytes: Uint8Array, start: number, end: number): boolean {
  const first = bytes[start] ?? 0;
  if (end - start === 1) return first < 0x20 ? controls.has(first) : first < 0x80 || first >= 0xa0;
  const unit = bytes.subarray(start, end);
  if (first === escapeByte) {
    const text = Buffer.from(unit.buffer, unit.byteOffset, unit.byteLength).toString('latin1');
    return harmless.some((pattern) => pattern.test(text));
  }
  // A character that was broken off by an escape sequence, or a control character (C1) written as two bytes.
  if (unit.some((byte) => byte < 0x80)) return false;
  return !(first === 0xc2 && (unit[1] ?? 0) < 0xa0);
}

import { escapeControls } from '../audit/escape.ts';

/** The path that the record names, as files are called: it writes out characters that break lines or hide (`core/audit/escape.ts`). */
export function recordedPath(path: string): string {
  const decoded = path.replace(/\\u\{([0-9a-f]{1,6})\}/gu, (written, digits: string) => {
    const code = Number.parseInt(digits, 16);
    return code > 0x10ffff ? written : String.fromCodePoint(code);
  });
  return escapeControls(decoded) === path ? decoded : path;
}

import { type BrowserWindow, dialog } from 'electron';
import { z } from 'zod';
import { operatingError } from '#contract/operating-error.ts';
import { type Programs, runCommandLine } from './programs.ts';

const requestSchema = z.tuple([z.string().max(4096), z.enum(['jsonl', 'csv', 'ocsf'])]);

/** Has the command line write the matching entries to a file that the person chooses. Resolves with its path, or undefined. */
export async function exportLog(
  programs: Programs,
  window: BrowserWindow | undefined,
  ...asked: readonly unknown[]
): Promise<string | undefined> {
  const parsed = requestSchema.safeParse(asked);
  if (!parsed.success || window === undefined) {
    throw operatingError('invalid_request', 'The shell does not understand this export.');
  }
  const [query, format] = parsed.data;
  const ending = format === 'csv' ? 'csv' : 'jsonl';
  const { canceled, filePath } = await dialog.showSaveDialog(window, { defaultPath: `gatehouse.${ending}` });
  if (canceled || filePath === '') return undefined;
  const words = [
    'log',
    'export',
    '--format',
    format,
    '--out',
    filePath,
    '--quiet',
    ...(query === '' ? [] : ['--', query]),
  ];
  const { status, said } = await runCommandLine(programs, words);
  if (status === 0) return filePath;
  throw operatingError('state_unusable', `The log could not be exported to ${filePath}.`, { why: said });
}

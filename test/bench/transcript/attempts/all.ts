import { type NumberedAttempt, numbered } from '../attempt.ts';
import { kernelAttempts } from './kernel.ts';
import { networkAttempts } from './network.ts';
import { privateFiles } from './private-files.ts';
import { recordAttempts } from './record.ts';
import { serviceAttempts } from './services.ts';
import { waysOut } from './ways-out.ts';
import { workspaceFiles } from './workspace-files.ts';

/** The whole transcript. */
export const transcript: readonly NumberedAttempt[] = numbered([
  ...privateFiles,
  ...workspaceFiles,
  ...kernelAttempts,
  ...serviceAttempts,
  ...networkAttempts,
  ...waysOut,
  ...recordAttempts,
]);

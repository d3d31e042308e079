import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { windowPrograms } from '../adapters/processes/window-programs.ts';
import type { InsideProduct } from '../core/sandbox/sandbox.ts';

/** Files that ship beside the supervisor's bundle. */
export interface ShippedFiles {
  readonly egressWorker: string;
  readonly auditWorker: string;
  readonly keychainWorker: string;
  readonly diffWorker: string;
  readonly portcullis: string;
  readonly presets: string;
  readonly toolchains: string;
  readonly policies: string;
  /** Where the desktop shell's program may lie: installed, or run from source. */
  readonly windowPrograms: readonly string[];
}

/** Names them, given the folder of the bundle. */
export function shippedFiles(folder: string): ShippedFiles {
  return {
    egressWorker: join(folder, 'egress.js'),
    auditWorker: join(folder, 'audit-worker.js'),
    keychainWorker: join(folder, 'keychain.js'),
    diffWorker: join(folder, 'diff-worker.js'),
    portcullis: join(folder, 'portcullis'),
    presets: join(folder, 'resources', 'agents'),
    toolchains: join(folder, 'resources', 'toolchains'),
    policies: join(folder, 'resources', 'policies'),
    windowPrograms: windowPrograms(folder),
  };
}

/** What sessions see of the product, so that an agent can start another: the built command line and the Node we run on. */
export function findProduct({ portcullis }: ShippedFiles): InsideProduct | undefined {
  const folder = dirname(portcullis);
  return existsSync(join(folder, 'inside', 'gatehouse')) ? { folder, node: process.execPath } : undefined;
}

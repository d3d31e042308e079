import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

declare const __VERSION__: string | undefined;

const here = dirname(fileURLToPath(import.meta.url));
/** The build puts the version in; from source there is none. */
const built = typeof __VERSION__ === 'string';

/** The version of this program, or `source` when it runs unbuilt. */
export const version: string = typeof __VERSION__ === 'string' ? __VERSION__ : 'source';

/** What the command line is started from. */
export const starterPath: string = built ? join(here, 'gatehouse.js') : join(here, 'gatehouse.ts');

/** What the supervisor is started from. */
export const supervisorPath: string = built ? join(here, 'supervisor.js') : join(here, '..', 'supervisor', 'main.ts');

/** The folder of policies, presets and the demo's agent. */
export const resourcesFolder: string = built ? join(here, 'resources') : join(here, '..', '..', 'resources');

/** The native program that holds a session's walls. */
export const portcullisPath: string = built ? join(here, 'portcullis') : join(here, '..', '..', 'dist', 'portcullis');

/** The thread that reads the audit log. */
export const auditWorkerPath: string = built
  ? join(here, 'audit-worker.js')
  : join(here, '..', 'adapters', 'sqlite', 'audit-worker.ts');

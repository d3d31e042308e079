import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { repositoryFolder } from '../../helpers/gatehouse.ts';

/** Electron's own switches, which hold for good in what people install. A change here is a change of what an installed shell can be made to do. */
test('[APR-5] the installed shell runs no other code: every switch of Electron’s is said, and is the safe one', () => {
  const file = readFileSync(path.join(repositoryFolder, 'electron-builder.yml'), 'utf8');
  const [, section = ''] = /^electronFuses:\n((?: {2}.*\n)+)/mu.exec(file) ?? [];
  const said = Object.fromEntries(
    [...section.matchAll(/^ {2}(\w+): (\w+)$/gmu)].map(([, name, value]) => [name, value]),
  );
  expect(said).toEqual({
    runAsNode: 'false',
    enableNodeOptionsEnvironmentVariable: 'false',
    enableNodeCliInspectArguments: 'false',
    onlyLoadAppFromAsar: 'true',
    // Electron has no such check on Linux.
    enableEmbeddedAsarIntegrityValidation: 'false',
    enableCookieEncryption: 'false',
    grantFileProtocolExtraPrivileges: 'false',
    loadBrowserProcessSpecificV8Snapshot: 'false',
  });
});

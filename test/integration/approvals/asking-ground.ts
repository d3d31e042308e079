import { afterAll, beforeAll } from 'vitest';
import { openTempHome, type TempHome } from '../../helpers/temp-home.ts';
import { type CountingServer, startServer } from './asking.ts';

/** Opens a home and a server for a test file before its tests, hands them over, and closes them afterwards. */
export function openAskingGround(take: (ground: { home: TempHome; server: CountingServer }) => void): void {
  let home: TempHome | undefined;
  let server: CountingServer | undefined;
  beforeAll(async () => {
    home = await openTempHome();
    server = await startServer();
    take({ home, server });
  });
  afterAll(async () => {
    server?.close();
    await home?.close();
  });
}

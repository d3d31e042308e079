import { expect, test } from 'vitest';
import { note, temporaryLog } from './temporary-log.ts';

/** The end of the log and what remembers it are read at different moments unless one snapshot holds both. */
test('[AUD-2] a log that is written meanwhile is never called damaged', async () => {
  const place = await temporaryLog();
  let verifying = true;
  try {
    const log = await place.write();
    const reader = await place.read();
    const writing = (async () => {
      while (verifying) await log.append(note('written while it is verified'));
    })();
    for (let round = 0; round < 60; round += 1) expect(await reader.verify()).toMatchObject({ ok: true });
    verifying = false;
    await writing;
    expect(await reader.verify()).toMatchObject({ ok: true, entries: await reader.count() });
  } finally {
    verifying = false;
    await place.remove();
  }
});

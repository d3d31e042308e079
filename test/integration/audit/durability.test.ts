import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type TemporaryLog, temporaryLog } from './temporary-log.ts';

let place: TemporaryLog;
beforeEach(async () => {
  place = await temporaryLog();
});
afterEach(async () => {
  await place.remove();
});

/** Starts the appending program and kills it with SIGKILL once it acknowledged so many entries. */
async function acknowledgedBeforeKill(entries: number): Promise<[number, string][]> {
  const program = new URL('append-until-killed.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, place.path], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    if (output.split('\n').length > entries) child.kill('SIGKILL');
  });
  const [, signal] = await once(child, 'close');
  expect(signal).toBe('SIGKILL');
  // The last line may have been cut in the middle; every whole line is an acknowledgement.
  return output
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [seq = '', hash = ''] = line.split(' ');
      return [Number(seq), hash];
    });
}

test('[AUD-1] every acknowledged entry survives SIGKILL, three times in a row on the same log', async () => {
  const acknowledged: [number, string][] = [];
  for (const entries of [40, 150, 5]) {
    acknowledged.push(...(await acknowledgedBeforeKill(entries)));
    const reader = await place.read();
    expect(await reader.verify()).toMatchObject({ ok: true });
    for (const [seq, hash] of acknowledged) expect((await reader.get(seq))?.hash).toBe(hash);
    await reader.close();
  }
  expect(acknowledged.length).toBeGreaterThanOrEqual(195);
  const log = await place.write();
  expect(log.damage).toBeUndefined();
});

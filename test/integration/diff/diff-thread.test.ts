import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { DiffThread } from '../../../main/adapters/diff/diff-thread.ts';
import { distFolder } from '../../helpers/gatehouse.ts';

const bounds = { lines: 100, characters: 10_000 };
let thread: DiffThread;
afterEach(() => thread.close());

describe('the thread that compares', () => {
  test('leaves everybody else their turn, however long the texts take, and goes on afterwards', async () => {
    thread = new DiffThread(path.join(distFolder, 'diff-worker.js'));
    const lines = (of: string) => Array.from({ length: 60_000 }, (_, at) => `${at % 997} ${of} ${at}\n`).join('');
    let turns = 0;
    let isDone = false;
    const comparing = thread.compare(lines('a'), lines('b'), bounds).finally(() => {
      isDone = true;
    });
    while (!isDone) {
      turns += 1;
      await turn();
    }
    expect(await comparing).toMatchObject({ coarse: true, added: 60_000, removed: 60_000 });
    expect(turns).toBeGreaterThan(10);
    expect(await thread.compare('a\n', 'b\n', bounds)).toMatchObject({ added: 1, removed: 1, left: 0 });
    await thread.close();
    expect(await thread.compare('a\n', '', bounds)).toMatchObject({ added: 0, removed: 1 });
  });

  test('that cannot run says nothing, and keeps nobody waiting', async () => {
    thread = new DiffThread(path.join(distFolder, 'there-is-no-such-worker.js'));
    expect(await thread.compare('a\n', 'b\n', bounds)).toBeUndefined();
  });
});

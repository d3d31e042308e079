import { expect, test } from 'vitest';
import { durablePositions, parseStrace } from '../../campaign/trace/strace-log.ts';

const wal = '40</state/audit.db-wal>';
const hash = 'ab'.repeat(32);
const write = `7<WorkerThread> pwrite64(${wal}, "x${hash}", 100, 0) = 100`;

test('a call that was interrupted is one call, from its beginning to its end', () => {
  const [call, other] = parseStrace(
    [
      '7<node> fsync(3</a> <unfinished ...>',
      '8<curl> connect(4<socket:[1]>, {}) = 0',
      '7<node> <... fsync resumed>) = 0',
    ].join('\n'),
  );
  expect(call).toMatchObject({ thread: 7, threadName: 'node', name: 'fsync', text: '3</a>) = 0', begins: 0, ends: 2 });
  expect(other).toMatchObject({ thread: 8, threadName: 'curl', begins: 1, ends: 1 });
});

test.each([
  [
    'when the sync after its write is over',
    [
      write,
      `7<WorkerThread> fdatasync(${wal} <unfinished ...>`,
      '8<node> write(1, "") = 0',
      '7<WorkerThread> <... fdatasync resumed>) = 0',
    ],
    3,
  ],
  ['not by a sync that failed', [write, `7<WorkerThread> fsync(${wal}) = -1 EIO (Input/output error)`], undefined],
  ['not by a sync before it', [`7<WorkerThread> fsync(${wal}) = 0`, write], undefined],
  ['not by a sync of another file', [write, '7<WorkerThread> fsync(41</state/state.db-wal>) = 0'], undefined],
  ['not by a sync of another thread', [write, `8<WorkerThread> fsync(${wal}) = 0`], undefined],
  [
    'not when it was written elsewhere',
    [`7<WorkerThread> pwrite64(41</state/state.db-wal>, "${hash}", 64, 0) = 64`, `7<WorkerThread> fsync(${wal}) = 0`],
    undefined,
  ],
])('an entry is durable %s', (_, lines, position) => {
  expect(durablePositions(parseStrace(lines.join('\n')), [hash]).get(hash)).toBe(position);
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { Socket } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { test } from 'vitest';
import { distFolder } from '../../helpers/gatehouse.ts';
import { eventually } from '../../helpers/poll.ts';
import { descendantsOf, processesWithArgument } from '../../helpers/processes.ts';

/** Ways in which a session is over before bubblewrap has told who its child is. */
const ends: readonly { readonly how: string; end(socket: Socket, outermost: number): Promise<void> | void }[] = [
  { how: 'it is killed', end: (socket) => void socket.write('k') },
  { how: 'its supervisor is gone', end: (socket) => void socket.destroy() },
  { how: 'its outermost process is killed', end: (_, outermost) => void process.kill(outermost, 'SIGKILL') },
  {
    how: 'its holder is killed',
    async end(_, outermost) {
      const holder = (await descendantsOf(outermost)).find(({ argv }) => argv[1] === 'hold');
      if (holder === undefined) throw new Error('there is no holder');
      process.kill(holder.pid, 'SIGKILL');
    },
  },
];

for (const [index, { how, end }] of ends.entries()) {
  test(`[RUN-3] a process that bubblewrap leaves half-way is ended when ${how}`, async () => {
    const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'gh-orphans-')));
    const mark = `${20_000_000 + (process.pid % 100_000) * 10 + index}.5`;
    // In bubblewrap's place: a program that is killed while its child, in a session of its own, knows nothing of that.
    const script = `setsid sleep ${mark} & exec sleep ${mark}`;
    const foreign = process.getuid?.() === 0 ? { foreign: String(1_900_000_000 + process.pid) } : {};
    const records = { bubblewrap: '/bin/sh', ...foreign, pipes: folder };
    const holder = spawn(path.join(distFolder, 'portcullis'), ['hold', String(process.pid)], {
      stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
      env: {},
      cwd: '/',
      detached: true,
    });
    try {
      const exited = once(holder, 'exit');
      const socket = holder.stdio[3];
      if (!(socket instanceof Socket)) throw new Error('the holder has no command socket');
      socket.on('error', () => undefined).resume();
      const text = [...Object.entries(records).flat(), 'arg', '-c', 'arg', script].map((each) => `${each}\0`).join('');
      const length = Buffer.alloc(4);
      length.writeUInt32LE(Buffer.byteLength(text));
      socket.write(Buffer.concat([length, Buffer.from(text)]));
      await eventually(async () => (await processesWithArgument(mark)).length === 2, { what: 'both processes' });
      await end(socket, holder.pid ?? 0);
      await eventually(async () => (await processesWithArgument(mark)).length === 0, { what: 'nothing to be left' });
      socket.destroy();
      await exited;
    } finally {
      holder.kill('SIGKILL');
      for (const { pid } of await processesWithArgument(mark)) process.kill(pid, 'SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  });
}

import { randomBytes } from 'node:crypto';

const poolBytes = 4096;

/** Random bytes drawn 4 KiB at a time: one draw an event costs more than the event's own hashing. */
export function pooledRandom(): (bytes: number) => Uint8Array {
  let pool = randomBytes(poolBytes);
  let used = 0;
  return (bytes) => {
    if (used + bytes > pool.length) {
      pool = randomBytes(poolBytes);
      used = 0;
    }
    used += bytes;
    return pool.subarray(used - bytes, used);
  };
}

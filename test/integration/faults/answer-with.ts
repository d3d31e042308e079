import { endianness } from 'node:os';

/** Numbers of system calls of x86-64 that one case or another takes away (asm/unistd_64.h). */
export const callNumbers = {
  seccomp: 317,
  open_tree: 428,
  pidfd_open: 434,
  mount_setattr: 442,
} as const;

/** `ENOSYS`: this kernel does not know the call. */
export const unknownCall = 38;

/**
 * A seccomp filter for bubblewrap's `--seccomp`: the named calls answer `errno`, all others go through. With it a program sees the
 * kernel it would see before those calls existed, or a container's filter that refuses them.
 */
export function answerWith(errno: number, calls: readonly (keyof typeof callNumbers)[]): Buffer {
  if (endianness() !== 'LE') throw new Error('filters are written for little-endian machines');
  const instruction = (code: number, jumpTrue: number, jumpFalse: number, value: number): Buffer => {
    const bytes = Buffer.alloc(8);
    bytes.writeUInt16LE(code, 0);
    bytes.writeUInt8(jumpTrue, 2);
    bytes.writeUInt8(jumpFalse, 3);
    bytes.writeUInt32LE(value >>> 0, 4);
    return bytes;
  };
  const load = instruction(0x20, 0, 0, 0);
  const tests = calls.map((name, index) => instruction(0x15, calls.length - index, 0, callNumbers[name]));
  const allow = instruction(0x06, 0, 0, 0x7fff0000);
  const answer = instruction(0x06, 0, 0, 0x00050000 | errno);
  return Buffer.concat([load, ...tests, allow, answer]);
}

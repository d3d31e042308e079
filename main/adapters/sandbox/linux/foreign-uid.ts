/**
 * Kernel uids for the sessions of a root caller. A mapped uid 0 passes owner checks on settings of the host with no capability
 * at all, so such a session runs under ids that mean nothing to the host: the range that systemd's documentation
 * (UIDS-GIDS) lists as unused, 1879048192 to 2147352575, in slices of 65,536.
 */
export const firstForeignUid = 1_879_048_192;
const idsPerSlice = 65_536;
const sliceCount = 4_094;

const taken = new Set<number>();

/** Takes a slice for a session; call `release` when it has ended. Sessions running at one time get different ones. */
export function takeForeignUid(sessionId: string): { readonly uid: number; release(): void } {
  let slice = Number.parseInt(sessionId.slice(0, 4), 16) % sliceCount || 0;
  for (let tries = 0; taken.has(slice) && tries < sliceCount; tries += 1) slice = (slice + 1) % sliceCount;
  taken.add(slice);
  return { uid: firstForeignUid + slice * idsPerSlice, release: () => taken.delete(slice) };
}

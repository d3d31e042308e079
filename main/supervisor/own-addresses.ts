import { networkInterfaces } from 'node:os';

/** How long the machine's own addresses are remembered between two decisions. */
const ownAddressesMs = 2_000;

/** The machine's addresses, read again at most every two seconds: an interface that comes up is soon known. */
export function rememberOwnAddresses(): () => readonly string[] {
  let known: { at: number; addresses: readonly string[] } = { at: Number.NEGATIVE_INFINITY, addresses: [] };
  return () => {
    const now = performance.now();
    if (now - known.at > ownAddressesMs) {
      const addresses = Object.values(networkInterfaces()).flatMap((each) => each?.map((one) => one.address) ?? []);
      known = { at: now, addresses };
    }
    return known.addresses;
  };
}

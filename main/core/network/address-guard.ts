/**
 * Judges where a name may lead.
 *
 * Guarantee: a *name* is only ever dialled when every address it resolved to is a public one; a single other address
 * refuses all of them. An address that carries another inside (IPv4-mapped, NAT64, 6to4, Teredo…) is judged by what it
 * carries.
 *
 * Threat: DNS rebinding and its kin: an attacker's name that points at a service on this machine's loopback, at the
 * office network, or at a cloud's metadata service that hands out credentials.
 *
 * Limits: a literal address is not judged here, since a person who grants `127.0.0.1:8080` means it. A public address
 * may still belong to the user's own network (port forwarding, a VPN's public range).
 */
import ipaddr from 'ipaddr.js';
import { guarded } from '../sandbox/guards.ts';
import { HostRefused, parseHost } from './host.ts';

/** What an address is, as far as reaching it from a sandbox matters. Only `public` is open to names. */
export type AddressClass =
  | 'public'
  | 'unspecified'
  | 'loopback'
  | 'metadata'
  | 'own-interface'
  | 'link-local'
  | 'private'
  | 'carrier-grade-nat'
  | 'multicast'
  | 'broadcast'
  | 'reserved'
  | 'malformed';

/** Every address of this machine's own interfaces, as the system prints them. */
export type OwnInterfaces = readonly string[];

/** The first address of a name that it may not lead to. */
export interface ForbiddenAddress {
  readonly address: string;
  readonly class: AddressClass;
}

/** Services that hand credentials to whoever can connect. Some of them sit on addresses that look public. */
const metadataAddresses: ReadonlySet<string> = new Set([
  '169.254.169.254', // AWS, Google Cloud, Azure, OpenStack, DigitalOcean, Oracle
  '169.254.170.2', // AWS ECS task credentials
  '169.254.170.23', // AWS EKS pod identity
  '169.254.0.23', // Tencent Cloud
  '100.100.100.200', // Alibaba Cloud
  '168.63.129.16', // Azure wire server
  '192.0.0.192', // Oracle Cloud, older images
  'fd00:ec2::254', // AWS
  'fd00:ec2::23', // AWS EKS pod identity
  'fd20:ce::254', // Google Cloud
  'fd00:c1::a9fe:a9fe', // Oracle Cloud
  'fd00:42::42', // Scaleway
]);

/** IANA special-purpose registry, IPv4; anything not listed is public. The first match counts. */
const ranges4: ReadonlyArray<readonly [string, AddressClass]> = [
  ['255.255.255.255/32', 'broadcast'],
  ['0.0.0.0/32', 'unspecified'],
  ['0.0.0.0/8', 'reserved'],
  ['10.0.0.0/8', 'private'],
  ['100.64.0.0/10', 'carrier-grade-nat'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['172.16.0.0/12', 'private'],
  ['192.0.0.0/24', 'reserved'],
  ['192.0.2.0/24', 'reserved'],
  ['192.88.99.0/24', 'reserved'],
  ['192.168.0.0/16', 'private'],
  ['198.18.0.0/15', 'reserved'],
  ['198.51.100.0/24', 'reserved'],
  ['203.0.113.0/24', 'reserved'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
];

/** IANA special-purpose registry, IPv6. Only global unicast (2000::/3) can be public at all. */
const ranges6: ReadonlyArray<readonly [string, AddressClass]> = [
  ['::/128', 'unspecified'],
  ['::1/128', 'loopback'],
  ['fe80::/10', 'link-local'],
  ['fec0::/10', 'private'],
  ['fc00::/7', 'private'],
  ['ff00::/8', 'multicast'],
  ['2001:db8::/32', 'reserved'],
  ['2001::/23', 'reserved'],
  ['3fff::/20', 'reserved'],
  ['2000::/3', 'public'],
];

const parsedRanges4 = ranges4.map(([range, kind]) => [ipaddr.IPv4.parseCIDR(range), kind] as const);
const parsedRanges6 = ranges6.map(([range, kind]) => [ipaddr.IPv6.parseCIDR(range), kind] as const);

/**
 * Says what an address is. Text that is no plain address (also one with an IPv6 zone) is `malformed`. Interface listings carry
 * zones (`fe80::1%eth0`); there the address itself is what counts.
 */
export function classifyAddress(address: string, own: OwnInterfaces): AddressClass {
  const canonical = canonicalAddress(address);
  if (canonical === undefined) return 'malformed';
  const ownTexts = new Set(own.map((text) => canonicalAddress(text.split('%', 1)[0] ?? '') ?? text));
  if (canonical.includes(':')) return classify6(ipaddr.IPv6.parse(canonical), ownTexts);
  return classify4(ipaddr.IPv4.parse(canonical), ownTexts);
}

/**
 * Checks every address that a name resolved to and returns the first that a name may not lead to. Checking only the one
 * to be dialled would let an attacker's name pass with one good and one bad address and a retry.
 */
export function forbiddenForNames(addresses: readonly string[], own: OwnInterfaces): ForbiddenAddress | undefined {
  if (!guarded('address-guard')) return undefined;
  for (const address of addresses) {
    const found = classifyAddress(address, own);
    if (found !== 'public') return { address, class: found };
  }
  return undefined;
}

/** The class in words that fit behind "leads to", for explanations. */
export function addressClassText(kind: AddressClass): string {
  return addressClassTexts[kind];
}

const addressClassTexts: Readonly<Record<AddressClass, string>> = {
  public: 'a public address',
  unspecified: 'the unspecified address, which is this machine',
  loopback: "this machine's loopback",
  metadata: 'a cloud metadata service',
  'own-interface': "one of this machine's own addresses",
  'link-local': 'the local link',
  private: 'a private network',
  'carrier-grade-nat': "the provider's internal network",
  multicast: 'a multicast group',
  broadcast: 'the broadcast address',
  reserved: 'a reserved address',
  malformed: 'something that is not an address',
};

function classify4(address: ipaddr.IPv4, own: ReadonlySet<string>): AddressClass {
  const text = address.toString();
  if (metadataAddresses.has(text)) return 'metadata';
  const found = parsedRanges4.find(([range]) => address.match(range))?.[1] ?? 'public';
  if (found !== 'loopback' && own.has(text)) return 'own-interface';
  return found;
}

function classify6(address: ipaddr.IPv6, own: ReadonlySet<string>): AddressClass {
  const text = address.toRFC5952String();
  if (metadataAddresses.has(text)) return 'metadata';
  const inner = classifyEmbedded(address, own);
  if (inner !== undefined) return inner;
  const found = parsedRanges6.find(([range]) => address.match(range))?.[1] ?? 'reserved';
  if (found !== 'loopback' && own.has(text)) return 'own-interface';
  return found;
}

/** IPv6 forms that deliver to an IPv4 address are that address; the others give `undefined`. */
function classifyEmbedded(address: ipaddr.IPv6, own: ReadonlySet<string>): AddressClass | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, h = 0] = address.parts;
  const last = (): AddressClass => classify4(fromParts(g, h), own);
  const leadingZero = a === 0 && b === 0 && c === 0 && d === 0;
  // IPv4-mapped (RFC 4291 §2.5.5.2) and IPv4-translated (RFC 2765).
  if (leadingZero && ((e === 0 && f === 0xffff) || (e === 0xffff && f === 0))) return last();
  // IPv4-compatible (RFC 4291 §2.5.5.1): deprecated, so never public; `::` and `::1` are no such thing.
  if (leadingZero && e === 0 && f === 0 && (g !== 0 || h > 1)) return unlessPublic(last(), 'reserved');
  // NAT64, well-known prefix (RFC 6052).
  if (a === 0x64 && b === 0xff9b && c === 0 && d === 0 && e === 0 && f === 0) return last();
  // NAT64, local-use prefix (RFC 8215). Where the IPv4 part sits depends on the translator's prefix length; only the
  // /96 layout is unambiguous, anything else fails closed.
  if (a === 0x64 && b === 0xff9b && c === 1) return d === 0 && e === 0 && f === 0 ? last() : 'reserved';
  // 6to4 (RFC 3056).
  if (a === 0x2002) return classify4(fromParts(b, c), own);
  // Teredo (RFC 4380): the server in bits 32 to 63, the client's address inverted at the end. Gone from the public net.
  if (a === 0x2001 && b === 0) {
    const client = classify4(fromParts(g ^ 0xffff, h ^ 0xffff), own);
    return unlessPublic(client, unlessPublic(classify4(fromParts(c, d), own), 'reserved'));
  }
  return undefined;
}

function unlessPublic(found: AddressClass, instead: AddressClass): AddressClass {
  return found === 'public' ? instead : found;
}

function fromParts(high: number, low: number): ipaddr.IPv4 {
  return new ipaddr.IPv4([high >> 8, high & 0xff, low >> 8, low & 0xff]);
}

/** The canonical text of an address, as the one parser gives it; undefined for anything that is no plain address. */
function canonicalAddress(text: string): string | undefined {
  try {
    const host = parseHost(text);
    return host.kind === 'address' ? host.address : undefined;
  } catch (error) {
    if (error instanceof HostRefused) return undefined;
    throw error;
  }
}

import { describe, expect, it } from 'vitest';
import {
  type AddressClass,
  addressClassText,
  classifyAddress,
  forbiddenForNames,
} from '../../../main/core/network/address-guard.ts';

const own = ['127.0.0.1', '::1', '192.168.7.3', '93.184.216.99', '2606:2800:220:1::99', 'fe80::1234%eth0'];

const cases: ReadonlyArray<readonly [address: string, expected: AddressClass]> = [
  ['93.184.216.34', 'public'],
  ['1.1.1.1', 'public'],
  ['100.63.255.255', 'public'],
  ['100.128.0.0', 'public'],
  ['172.15.255.255', 'public'],
  ['172.32.0.0', 'public'],
  ['2606:2800:220:1::1', 'public'],
  ['2a00:1450:4001::200e', 'public'],
  ['0.0.0.0', 'unspecified'],
  ['0.1.2.3', 'reserved'],
  ['127.0.0.1', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['10.0.0.1', 'private'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['192.168.0.1', 'private'],
  ['100.64.0.1', 'carrier-grade-nat'],
  ['169.254.1.1', 'link-local'],
  ['224.0.0.1', 'multicast'],
  ['255.255.255.255', 'broadcast'],
  ['240.0.0.1', 'reserved'],
  ['192.0.2.1', 'reserved'],
  ['198.18.0.1', 'reserved'],
  ['198.51.100.7', 'reserved'],
  ['203.0.113.7', 'reserved'],
  ['192.88.99.1', 'reserved'],
  ['::', 'unspecified'],
  ['::1', 'loopback'],
  ['0:0:0:0:0:0:0:1', 'loopback'],
  ['fe80::1', 'link-local'],
  ['febf::1', 'link-local'],
  ['fec0::1', 'private'],
  ['fc00::1', 'private'],
  ['fd12:3456::1', 'private'],
  ['ff02::1', 'multicast'],
  ['2001:db8::1', 'reserved'],
  ['2001:10::1', 'reserved'],
  ['3fff::1', 'reserved'],
  ['100::1', 'reserved'],
  ['5f00::1', 'reserved'],
  ['4000::1', 'reserved'],
  // Metadata services, also in disguise
  ['169.254.169.254', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['192.0.0.192', 'metadata'],
  ['fd00:ec2::254', 'metadata'],
  ['FD00:0EC2:0:0:0:0:0:254', 'metadata'],
  ['::ffff:169.254.169.254', 'metadata'],
  ['64:ff9b::a9fe:a9fe', 'metadata'],
  ['2002:a9fe:a9fe::1', 'metadata'],
  // The machine's own addresses
  ['192.168.7.3', 'own-interface'],
  ['93.184.216.99', 'own-interface'],
  ['::ffff:93.184.216.99', 'own-interface'],
  ['64:ff9b::5db8:d863', 'own-interface'],
  ['2606:2800:220:1::99', 'own-interface'],
  ['2606:2800:0220:0001:0:0:0:0099', 'own-interface'],
  ['fe80::1234', 'own-interface'],
  // IPv4 inside IPv6
  ['::ffff:127.0.0.1', 'loopback'],
  ['::ffff:7f00:1', 'loopback'],
  ['::ffff:8.8.8.8', 'public'],
  ['::ffff:0:127.0.0.1', 'loopback'],
  ['::127.0.0.1', 'loopback'],
  ['::10.0.0.1', 'private'],
  ['::8.8.8.8', 'reserved'],
  ['64:ff9b::127.0.0.1', 'loopback'],
  ['64:ff9b::192.168.1.1', 'private'],
  ['64:ff9b::8.8.8.8', 'public'],
  ['64:ff9b:1::10.0.0.1', 'private'],
  ['64:ff9b:1::8.8.8.8', 'public'],
  ['64:ff9b:1:a00:0:100::', 'reserved'],
  ['64:ff9b:2::8.8.8.8', 'reserved'],
  ['2002:7f00:1::', 'loopback'],
  ['2002:c0a8:101::1', 'private'],
  ['2002:808:808::1', 'public'],
  ['2001:0:7f00:1::1', 'reserved'],
  ['2001:0:808:808::80ff:fffe', 'loopback'],
  ['2001:0:808:808::f7f7:f7f7', 'reserved'],
  ['2001:0:a00:1::f7f7:f7f7', 'private'],
  // No addresses
  ['fe80::1%eth0', 'malformed'],
  ['127.1', 'malformed'],
  ['2130706433', 'malformed'],
  ['0x7f000001', 'malformed'],
  ['localhost', 'malformed'],
  ['', 'malformed'],
];

describe('[GRT-1] classifyAddress', () => {
  it.each(cases)('calls %s %s', (address, expected) => {
    expect(classifyAddress(address, own)).toBe(expected);
  });

  it('has words for every class', () => {
    for (const [, kind] of cases) expect(addressClassText(kind)).not.toBe('');
  });
});

describe('[GRT-1] forbiddenForNames', () => {
  it('passes a name that leads to public addresses only', () => {
    expect(forbiddenForNames(['93.184.216.34', '2606:2800:220:1::1'], own)).toBeUndefined();
  });

  it.each([
    [['127.0.0.1'], { address: '127.0.0.1', class: 'loopback' }],
    [['93.184.216.34', '10.0.0.5'], { address: '10.0.0.5', class: 'private' }],
    [['93.184.216.34', '1.1.1.1', '::ffff:169.254.169.254'], { address: '::ffff:169.254.169.254', class: 'metadata' }],
    [['93.184.216.99'], { address: '93.184.216.99', class: 'own-interface' }],
    [['1.1.1.1', 'fe80::1%eth0'], { address: 'fe80::1%eth0', class: 'malformed' }],
  ])('refuses %j for one bad address', (addresses, expected) => {
    expect(forbiddenForNames(addresses, own)).toEqual(expected);
  });
});

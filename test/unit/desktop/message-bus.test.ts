import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BusReader, type BusValue, BusWriter, splitSignature } from '../../../main/adapters/desktop/bus-values.ts';
import { busAddress } from '../../../main/adapters/desktop/message-bus.ts';
import { displayNumber, findCookie } from '../../../main/adapters/desktop/x-selection.ts';

function roundTrip(signature: string, values: readonly BusValue[]): BusValue[] {
  const writer = new BusWriter();
  writer.writeAll(signature, values);
  return new BusReader(Buffer.from(writer.bytes)).readAll(signature);
}

test('values come back as they went, with what stands between them', () => {
  const values: readonly BusValue[] = [
    7,
    'ä text',
    [[-1, [['label', { signature: 's', value: 'Quit' }]], [{ signature: 'b', value: true }]]],
    false,
    1.5,
    12345678901234567890n,
    { signature: 'a{sv}', value: [] },
  ];
  expect(roundTrip('ysa(ia{sv}av)bdtv', values)).toEqual(values);
});

test('a text of any length keeps what follows it in place', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 0, max: 0xffffffff }), (text, number) => {
      const words = text.replaceAll('\0', '');
      expect(roundTrip('sgu', [words, 'as', number])).toEqual([words, 'as', number]);
    }),
  );
});

test.each(['(', '(i', 'a', 'z', '{', ')', '()', 'a()', 'a{', 'ii)'])('%s is no signature', (signature) => {
  expect(() => splitSignature(signature)).toThrow();
});

test('whatever bytes come, reading ends with values or an error', () => {
  const signatures = fc.constantFrom('v', 'as', 'a{sv}', '(sv)', 'aaaay', 'a(yv)', 'yyyyuua(yv)');
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), signatures, (bytes, signature) => {
      try {
        new BusReader(Buffer.from(bytes)).readAll(signature);
      } catch (error) {
        expect(error).toBeInstanceOf(Error);
      }
    }),
    { numRuns: 500 },
  );
});

test.each([
  [{ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' }, '/run/user/1000/bus'],
  [{ DBUS_SESSION_BUS_ADDRESS: 'unix:path=/tmp/a%20b,guid=1234' }, '/tmp/a b'],
  [{ DBUS_SESSION_BUS_ADDRESS: 'tcp:host=x;unix:abstract=/tmp/dbus-x' }, '\0/tmp/dbus-x'],
  [{ XDG_RUNTIME_DIR: '/run/user/1000' }, '/run/user/1000/bus'],
  [{ XDG_RUNTIME_DIR: 'run' }, undefined],
  [{ DBUS_SESSION_BUS_ADDRESS: 'disabled:' }, undefined],
  [{}, undefined],
])('finds the bus of %o', (environment, address) => {
  expect(busAddress(environment)).toBe(address);
});

test.each([
  [':0', 0],
  [':99.1', 99],
  ['unix:7', 7],
  ['host:0', undefined],
  ['localhost:10.0', undefined],
  [':1/../2', undefined],
  ['', undefined],
  [undefined, undefined],
])('the display of %s is %s', (name, number) => {
  expect(displayNumber(name)).toBe(number);
});

function authority(entries: readonly (readonly string[])[]): Buffer {
  const field = (text: string) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(text.length);
    return Buffer.concat([length, Buffer.from(text, 'latin1')]);
  };
  return Buffer.concat(entries.flatMap((fields) => [Buffer.from([1, 0]), ...fields.map(field)]));
}

test('finds the cookie of a display among others, and none in what is cut off', () => {
  const entries = [
    ['host', '5', 'MIT-MAGIC-COOKIE-1', 'five'],
    ['host', '7', 'XDM-AUTHORIZATION-1', 'other kind'],
    ['host', '7', 'MIT-MAGIC-COOKIE-1', 'seven'],
  ];
  const bytes = authority(entries);
  expect(findCookie(bytes, 7)?.toString()).toBe('seven');
  expect(findCookie(bytes, 8)).toBeUndefined();
  expect(findCookie(authority([['host', '', 'MIT-MAGIC-COOKIE-1', 'any']]), 8)?.toString()).toBe('any');
  for (let length = 0; length < bytes.length; length += 1) {
    expect([undefined, 'seven']).toContain(findCookie(bytes.subarray(0, length), 7)?.toString());
  }
  expect(findCookie(bytes.subarray(0, bytes.length - 1), 7)).toBeUndefined();
});

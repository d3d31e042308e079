import { expect, test } from 'vitest';
import { exposedPortsMax } from '#contract/exposed-port.ts';
import { parseExposed } from '../../../main/cli/parse/exposed.ts';
import { UsageError } from '../../../main/cli/usage-error.ts';

test.each([
  ['5173', { hostPort: 5173, port: 5173 }],
  ['8080:5173', { hostPort: 8080, port: 5173 }],
  ['0:5173', { hostPort: 0, port: 5173 }],
  ['65535', { hostPort: 65_535, port: 65_535 }],
])('[RUN-7] --expose %s', (spec, expected) => {
  expect(parseExposed([spec])).toEqual([expected]);
});

test.each([
  '',
  '0',
  '65536',
  '1:0',
  '1:65536',
  '65536:1',
  '-1',
  ' 80',
  '80 ',
  '+80',
  '0x50',
  '80:',
  ':80',
  '1:2:3',
  'localhost:80',
  '0.0.0.0:80:80',
  '８０',
])('[RUN-7] --expose "%s" cannot be meant', (spec) => {
  expect(() => parseExposed([spec])).toThrow(UsageError);
});

test('a session exposes so many ports and no more', () => {
  const specs = Array.from({ length: exposedPortsMax + 1 }, (_, index) => String(5000 + index));
  expect(parseExposed(specs.slice(1))).toHaveLength(exposedPortsMax);
  expect(() => parseExposed(specs)).toThrow(UsageError);
});

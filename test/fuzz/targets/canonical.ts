import { isDeepStrictEqual } from 'node:util';
import type { NewEvent } from '#contract/audit.ts';
import { canonicalJson } from '../../../main/core/audit/canonical.ts';
import { cleanEvent, eventBounds } from '../../../main/core/audit/clean-event.ts';
import { eventTextOf, genesisHash, headerHashOf, payloadHashOf, sealEntry } from '../../../main/core/audit/entry.ts';
import { Redactor } from '../../../main/core/audit/redact.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';

/** RFC 8785 §3.2, said plainly: members by UTF-16 code units, numbers and strings as ECMAScript writes them. */
function plainCanonical(value: unknown): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) throw new TypeError('no number of JSON');
    return Object.is(value, -0) ? '0' : String(value);
  }
  if (typeof value === 'string') {
    if (/\p{Surrogate}/u.test(value)) throw new TypeError('a lone surrogate');
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(plainCanonical).join(',')}]`;
  if (typeof value !== 'object') throw new TypeError('no JSON');
  const members = Object.entries(value).map(([name, member]) => [name, member, units(name)] as const);
  members.sort(([, , a], [, , b]) => compareUnits(a, b));
  return `{${members.map(([name, member]) => `${plainCanonical(name)}:${plainCanonical(member)}`).join(',')}}`;
}

function units(text: string): readonly number[] {
  return Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
}

function compareUnits(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.min(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

function attempt(make: () => string): string | undefined {
  try {
    return make();
  } catch (error) {
    // The library refuses with plain errors; what is unexpected is of a kind of its own.
    must(error instanceof Error && !(error instanceof RangeError), 'an error of another kind', String(error));
    return undefined;
  }
}

/** JSON has one zero. */
function withoutMinus(value: unknown): unknown {
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (Array.isArray(value)) return value.map(withoutMinus);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutMinus(member)]));
}

function checkValue(value: unknown): string | undefined {
  const text = attempt(() => canonicalJson(value));
  const plain = attempt(() => plainCanonical(value));
  must(text === plain, 'not the form of RFC 8785', text, plain);
  if (text === undefined) return undefined;
  const again: unknown = JSON.parse(text);
  must(isDeepStrictEqual(again, withoutMinus(value)), 'another value comes back', text);
  must(canonicalJson(again) === text, 'not stable', text);
  return text;
}

function mustBeInjective(values: readonly unknown[], texts: readonly (string | undefined)[]): void {
  const [one, other] = values;
  const [first, second] = texts;
  if (first === undefined || second === undefined) return;
  const same = isDeepStrictEqual(withoutMinus(one), withoutMinus(other));
  must(same === (first === second), 'two values with one text, or one with two', first, second);
}

const redactor = new Redactor();
redactor.add('canary-0123456789', 'canary');

/** An event with the value as its detail, and the first text in it wherever an agent chooses one. */
function eventAbout(value: NewEvent['detail']): NewEvent {
  const text = /"((?:[^"\\]|\\.)*)"/u.exec(JSON.stringify(value))?.[0] ?? '"x"';
  const chosen = String(JSON.parse(text));
  const resources: readonly NewEvent['resource'][] = [
    undefined,
    { kind: 'program', path: chosen.repeat(40) },
    { kind: 'path', path: chosen },
    { kind: 'tool', server: chosen, tool: chosen },
  ];
  const resource = resources[chosen.length % resources.length];
  const many = Object.keys(value).length % 5 === 4;
  return {
    kind: 'decision',
    agent: chosen,
    session: chosen,
    summary: chosen.repeat(30),
    detail: many ? { many: Array.from({ length: 20 }, () => value) } : value,
    ...(resource !== undefined && { resource }),
    ...(chosen.length > 2 && { task: chosen, action: 'file.read', decision: 'deny', reason: 'no_permit' }),
  };
}

/** An event with the value as its detail comes back from the stored text as it was recorded. */
function checkEvent(value: unknown): string {
  if (!isDetail(value)) return 'no detail';
  const event = eventAbout(value);
  const clean = cleanEvent(event, redactor);
  const detail = canonicalJson(clean.detail);
  must(detail.length <= eventBounds.detailCharacters, 'the detail is over its bound', detail.length);
  must(!detail.includes('canary-0123456789'), 'a secret survived', detail);
  const entry = sealEntry(clean, { seq: 7, at: '2026-01-31T12:00:00.000Z', prev: genesisHash, salt: '0'.repeat(32) });
  must(headerHashOf(entry) === entry.hash && payloadHashOf(entry.salt, entry.payload) === entry.payloadHash, 'hashes');
  must(entry.payload === plainCanonical(JSON.parse(entry.payload)), 'the payload is not canonical', entry.payload);
  const { seq, at, kind, hash } = entry;
  const recorded = withoutMinus({ ...clean, seq, at, kind, hash });
  must(isDeepStrictEqual(JSON.parse(eventTextOf(entry)), recorded), 'another event comes back', entry.payload);
  must(
    isDeepStrictEqual(cleanEvent(clean, redactor), clean) || detail.includes('[') || detail.includes('\\'),
    'cleaning again changes it',
    detail,
  );
  return 'detail';
}

function isDetail(value: unknown): value is NewEvent['detail'] {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function parse(line: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(line) };
  } catch {
    // Most mutations are no JSON; they say nothing about the canonical form.
    return undefined;
  }
}

function check(text: string): string {
  const values = text.split('\n', 2).flatMap((line) => parse(line) ?? []);
  if (values.length === 0) return 'no JSON';
  const texts = values.map(({ value }) => checkValue(value));
  mustBeInjective(
    values.map(({ value }) => value),
    texts,
  );
  const [first] = values;
  const shape = (texts[0] ?? 'refused')
    .replace(/"(?:[^"\\]|\\.)*"/gu, 's')
    .replace(/[-+.\de]+/gu, 'n')
    .slice(0, 16);
  return `${shape} ${first === undefined || texts[0] === undefined ? '' : checkEvent(first.value)}`;
}

const atoms = [
  '0',
  '-0',
  '1',
  '1e21',
  '1e-7',
  '333333333.33333329',
  '9007199254740993',
  '1E400',
  '-1.5e-300',
  '5e-324',
  'true',
  'null',
  '"a"',
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"\\u2028"',
  '"é"',
  '"😀"',
  '"canary-0123456789"',
  '""',
];
const keys = [
  'a',
  'b',
  '',
  '1',
  '10',
  '2',
  '__proto__',
  'toJSON',
  'constructor',
  'é',
  '\\u20ac',
  '😀',
  '\\ufb33',
  '\\ud83d',
  'name',
  'value',
  'token',
  'canary-0123456789',
  'A',
];

function value(random: Random, depth: number): string {
  if (depth === 0 || random.oneIn(3)) return random.pick(atoms);
  if (random.oneIn(2)) return `[${random.times(random.few(6), () => value(random, depth - 1), ',')}]`;
  return `{${random.times(random.few(6), () => `"${random.pick(keys)}":${value(random, depth - 1)}`, random.oneIn(9) ? ' , ' : ',')}}`;
}

/** What goes over the bounds of an event. */
function large(random: Random): string {
  const many = random.times(300, () => `"${random.below(1000)}":1`, ',');
  return random.pick([
    `{"a":[${random.times(1100, () => '1', ',')}]}`,
    `{${many}}`,
    `{"a":"${'x'.repeat(3500)}","b":1,"c":2,"d":3}`,
    `{"${'k'.repeat(200)}":${'['.repeat(20)}1${']'.repeat(20)}}`,
    '{"args":["--token","s3cret-value","--x"],"name":"API_KEY","value":"abc","password":"hunter22"}',
  ]);
}

/** The canonical form of what is recorded. */
export const canonical: FuzzTarget = {
  name: 'canonical',
  property:
    'The form is that of a plain RFC 8785 implementation, comes back as the same value, is stable, and differs for different values; an event comes back from its entry as it was recorded, within its bounds.',
  generate: (random) => {
    const one = random.oneIn(20) ? large(random) : value(random, 1 + random.few(70));
    return random.oneIn(2) ? one : `${one}\n${random.oneIn(4) ? one.replace('1', '2') : value(random, 4)}`;
  },
  words: [...atoms, ...keys.map((key) => `"${key}":`), '{', '}', '[', ']', '\\ud800', '\n'],
  seeds: ['{"b":1,"a":[1e21,-0]}', '{"\\u20ac":1,"1":2,"😀":3,"\\ufb33":4}', '[1]\n[1.0]', '{"__proto__":{"a":1}}'],
  check,
};

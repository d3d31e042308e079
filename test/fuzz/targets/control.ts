import { Socket } from 'node:net';
import { z } from 'zod';
import { api } from '#contract/api.ts';
import { type FrameType, frameHeaderBytes, framePayloadBytesMax, frameType } from '#contract/stream.ts';
import { LineReader, type Refusal } from '../../../main/adapters/control/line-messages.ts';
import { LineSplitter } from '../../../main/adapters/control/line-splitter.ts';
import { encodeFrames, FrameDecoder } from '../../../main/adapters/control/stream-frames.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';

/** Cuts bytes into pieces at places that the bytes themselves choose, so that one input always arrives in one way. */
function pieces(bytes: Buffer): Buffer[] {
  const cut: Buffer[] = [];
  for (let at = 0, size = 1; at < bytes.length; at += size) {
    size = 1 + ((bytes[at] ?? 0) % 23);
    cut.push(bytes.subarray(at, at + size));
  }
  return cut;
}

function splitLines(chunks: readonly Buffer[]): readonly string[] {
  const lines: string[] = [];
  const splitter = new LineSplitter();
  for (const chunk of chunks) {
    must(
      splitter.push(chunk, (line) => lines.push(line.toString('latin1'))),
      'a short line is over the bound',
    );
  }
  return lines;
}

/** JSON-RPC 2.0 §4 and §5 as this API speaks it, said a second time. */
const id = z.union([z.string().max(128), z.int(), z.null()]);
const params = z.record(z.string(), z.unknown());
const request = z.object({
  jsonrpc: z.literal('2.0'),
  method: z
    .string()
    .max(128)
    .regex(/^(?!\$\/)/u),
  id: z.union([z.string().max(128), z.int()]).optional(),
  params: params.optional(),
});
const cancel = z.object({
  jsonrpc: z.literal('2.0'),
  method: z.literal('$/cancelRequest'),
  id: z.undefined().optional(),
  params: z.looseObject({ id: z.union([z.string(), z.int()]) }),
});
const answer = z.object({ jsonrpc: z.literal('2.0'), method: z.undefined().optional(), id });

function checkLines(bytes: Buffer): string {
  const whole = splitLines([bytes]);
  const plain = bytes.toString('latin1').split('\n').slice(0, -1);
  must(JSON.stringify(whole) === JSON.stringify(plain), 'other lines', whole, plain);
  must(JSON.stringify(splitLines(pieces(bytes))) === JSON.stringify(plain), 'lines depend on how they arrive', plain);
  const socket = new Socket();
  const messages: unknown[] = [];
  const refusals: Refusal[] = [];
  new LineReader(socket, (refusal) => refusals.push(refusal)).listen((message) => messages.push(message));
  for (const piece of pieces(bytes)) socket.emit('data', piece);
  socket.destroy();
  must(messages.length + refusals.length === plain.length, 'a line without an answer', plain, messages, refusals);
  return [...new Set([...refusals.map(({ kind }) => kind), ...messages.map(checkMessage)])].sort().join(', ');
}

function checkMessage(message: unknown): string {
  const known = [request, cancel, answer].some((schema) => schema.safeParse(message).success);
  must(known, 'a message that is none', message);
  const called = request.safeParse(message);
  if (!called.success) return 'other';
  const { method } = called.data;
  if (!isMethod(method)) return 'unknown method';
  const parsed = api[method].params.safeParse(called.data.params ?? {});
  must(Object.keys(Object.prototype).length === 0, 'the prototype of everything was changed');
  if (!parsed.success) return `${method} wrong`;
  mustBePlain(parsed.data, method);
  return `${method} right`;
}

function isMethod(method: string): method is keyof typeof api {
  return Object.hasOwn(api, method);
}

/** Whatever a schema lets through has ordinary prototypes only. */
function mustBePlain(value: unknown, where: string): void {
  if (typeof value !== 'object' || value === null) return;
  const prototype: unknown = Object.getPrototypeOf(value);
  must(
    prototype === Object.prototype || prototype === Array.prototype || prototype === null,
    'an odd prototype',
    where,
  );
  for (const [name, member] of Object.entries(value)) mustBePlain(member, `${where}.${name}`);
}

type Frames = readonly { readonly type: number; readonly payload: string }[];

function decodeFrames(chunks: readonly Buffer[]): Frames | string {
  const decoder = new FrameDecoder();
  try {
    return chunks.flatMap((chunk) =>
      decoder.push(chunk).map(({ type, payload }) => ({ type, payload: payload.toString('latin1') })),
    );
  } catch (error) {
    must(error instanceof Error && error.constructor === Error, 'an error of another kind', String(error));
    return error.message.replace(/\d+/u, '…');
  }
}

/** The frames of `stream.ts`, read plainly. */
function plainFrames(bytes: Buffer): Frames | string {
  const frames: { type: number; payload: string }[] = [];
  const types: readonly number[] = Object.values(frameType);
  for (let at = 0; at + frameHeaderBytes <= bytes.length; ) {
    const [type = 0, length] = [bytes[at], bytes.readUInt32BE(at + 1)];
    if (!types.includes(type)) return 'unknown frame type …';
    if (length > framePayloadBytesMax) return 'frame of … bytes is over the bound';
    if (at + frameHeaderBytes + length > bytes.length) break;
    at += frameHeaderBytes;
    frames.push({ type, payload: bytes.toString('latin1', at, at + length) });
    at += length;
  }
  return frames;
}

function checkFrames(bytes: Buffer): string {
  const plain = plainFrames(bytes);
  for (const chunks of [[bytes], pieces(bytes)]) {
    const read = decodeFrames(chunks);
    must(JSON.stringify(read) === JSON.stringify(plain), 'other frames', read, plain);
  }
  if (typeof plain === 'string') return plain;
  const again = Buffer.concat(
    plain.map(({ type, payload }) => encodeFrames(asType(type), Buffer.from(payload, 'latin1'), true)),
  );
  must(bytes.subarray(0, again.length).equals(again), 'frames are written otherwise than they were read');
  return `frames ${[...new Set(plain.map(({ type }) => type))].sort().join(' ')}`;
}

function asType(type: number): FrameType {
  const known = Object.values(frameType).find((each) => each === type);
  must(known !== undefined, 'an unknown type passed', type);
  return known;
}

function check(text: string): string {
  const bytes = Buffer.from(text.slice(1), 'latin1');
  return text.charCodeAt(0) % 2 === 0 ? `lines: ${checkLines(bytes)}` : `stream: ${checkFrames(bytes)}`;
}

const values = [
  '1',
  '"x"',
  'null',
  '{}',
  '[]',
  'true',
  '1.5',
  '1e999',
  '"\\ud800"',
  '{"__proto__":{"a":1}}',
  '{"constructor":{"prototype":{}}}',
  `${'['.repeat(1500)}${']'.repeat(1500)}`,
];
const members = [
  '"cwd":"/home"',
  '"command":["true"]',
  '"grants":[]',
  '"callerEnvironment":{}',
  '"environment":{"__proto__":"x"}',
  '"limits":{}',
  '"query":""',
  '"limit":10',
  '"session":"a1c9-tiger-lamp"',
  '"id":"g-1"',
  '"seq":1',
  '"agent":"claude"',
  '"terminal":{"columns":80,"rows":24}',
  '"__proto__":{}',
  '"before":0',
  '"resource":"/x"',
  '"action":"file.read"',
  '"workspace":"/w"',
];

function generate(random: Random): string {
  if (random.oneIn(3)) {
    const frame = () => {
      const payload = random.times(random.few(40), () => String.fromCharCode(random.below(256)));
      const length = random.oneIn(12) ? random.below(2 ** 31) : payload.length;
      return (
        String.fromCharCode(
          random.pick([1, 2, 3, 4, 16, 17, 18, 0, 255]),
          ...[24, 16, 8, 0].map((shift) => (length >> shift) & 255),
        ) + payload
      );
    };
    return `\x01${random.times(1 + random.few(6), frame)}`;
  }
  const line = () => {
    const method = random.pick([...Object.keys(api), '$/cancelRequest', '$/other', 'toString', '__proto__']);
    const given = random.times(random.below(9), () => random.pick(members), ',');
    const idText = random.pick(['"id":1,', '"id":"a",', '', `"id":${random.pick(values)},`]);
    return `{"jsonrpc":"2.0",${idText}"method":"${method}","params":${random.oneIn(6) ? random.pick(values) : `{${given}}`}}\n`;
  };
  return `\0${random.times(1 + random.few(4), line)}`;
}

/** What comes over the control socket and the stream socket. */
export const control: FuzzTarget = {
  name: 'control',
  property:
    'Lines and frames are those of a plain reading, however they arrive; each line is one message of the API or one typed refusal; no schema throws, changes a prototype or lets an odd one through.',
  generate,
  words: [
    ...values,
    ...members,
    '"jsonrpc":"2.0"',
    '"id":1',
    '"error":{}',
    '"result":1',
    '\n',
    '\r\n',
    ...Object.keys(api),
  ],
  seeds: [
    '\0{"jsonrpc":"2.0","id":1,"method":"log.query","params":{"query":"","limit":5}}\n',
    '\0{"jsonrpc":"2.0","id":1,"result":{}}\n',
    '\x01\x01\0\0\0\x02hi\x02\0\0\0\0',
  ],
  check,
};

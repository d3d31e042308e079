import { type FrameType, frameHeaderBytes, framePayloadBytesMax, frameType } from '#contract/stream.ts';

const known: ReadonlySet<number> = new Set(Object.values(frameType));

function isFrameType(value: number): value is FrameType {
  return known.has(value);
}

/** Encodes bytes as frames of one type, as many as their length needs; none for an empty `bytes` unless `evenEmpty`. */
export function encodeFrames(type: FrameType, bytes: Uint8Array, evenEmpty = false): Buffer {
  const parts: Uint8Array[] = [];
  for (let at = 0; at < bytes.length || (at === 0 && evenEmpty); at += framePayloadBytesMax) {
    const payload = bytes.subarray(at, at + framePayloadBytesMax);
    const header = Buffer.alloc(frameHeaderBytes);
    header.writeUInt8(type, 0);
    header.writeUInt32BE(payload.length, 1);
    parts.push(header, payload);
  }
  return Buffer.concat(parts);
}

/** Splits a byte stream into frames. `push` throws on an unknown type or a payload over the bound; drop the peer then. */
export class FrameDecoder {
  #held: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): { type: FrameType; payload: Buffer }[] {
    let rest = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const frames: { type: FrameType; payload: Buffer }[] = [];
    while (rest.length >= frameHeaderBytes) {
      const type = rest.readUInt8(0);
      const length = rest.readUInt32BE(1);
      if (!isFrameType(type)) throw new Error(`unknown frame type ${type}`);
      if (length > framePayloadBytesMax) throw new Error(`frame of ${length} bytes is over the bound`);
      if (rest.length < frameHeaderBytes + length) break;
      frames.push({ type, payload: rest.subarray(frameHeaderBytes, frameHeaderBytes + length) });
      rest = rest.subarray(frameHeaderBytes + length);
    }
    this.#held = rest;
    return frames;
  }
}

/** A value of a D-Bus message: structs and dictionary entries are arrays too, a variant brings its signature. */
export type BusValue = string | number | bigint | boolean | BusVariant | readonly BusValue[];

/** A value that says of which type it is. */
export interface BusVariant {
  readonly signature: string;
  readonly value: BusValue;
}

/** Containers within containers, as the D-Bus Specification ("Valid Signatures") bounds them, both kinds together. */
const depthMax = 64;

/** Types of a fixed length, which are aligned to it. */
const fixed: Readonly<
  Record<
    string,
    {
      bytes: number;
      put: (to: Buffer, value: BusValue, at: number) => void;
      get: (from: Buffer, at: number) => BusValue;
    }
  >
> = {
  y: { bytes: 1, put: (to, value, at) => to.writeUInt8(Number(value), at), get: (from, at) => from.readUInt8(at) },
  n: { bytes: 2, put: (to, value, at) => to.writeInt16LE(Number(value), at), get: (from, at) => from.readInt16LE(at) },
  q: {
    bytes: 2,
    put: (to, value, at) => to.writeUInt16LE(Number(value), at),
    get: (from, at) => from.readUInt16LE(at),
  },
  b: {
    bytes: 4,
    put: (to, value, at) => to.writeUInt32LE(value === true ? 1 : 0, at),
    get: (from, at) => from.readUInt32LE(at) !== 0,
  },
  i: { bytes: 4, put: (to, value, at) => to.writeInt32LE(Number(value), at), get: (from, at) => from.readInt32LE(at) },
  u: {
    bytes: 4,
    put: (to, value, at) => to.writeUInt32LE(Number(value), at),
    get: (from, at) => from.readUInt32LE(at),
  },
  x: {
    bytes: 8,
    put: (to, value, at) => to.writeBigInt64LE(BigInt(String(value)), at),
    get: (from, at) => from.readBigInt64LE(at),
  },
  t: {
    bytes: 8,
    put: (to, value, at) => to.writeBigUInt64LE(BigInt(String(value)), at),
    get: (from, at) => from.readBigUInt64LE(at),
  },
  d: {
    bytes: 8,
    put: (to, value, at) => to.writeDoubleLE(Number(value), at),
    get: (from, at) => from.readDoubleLE(at),
  },
};

const otherAlignments: Readonly<Record<string, number>> = { g: 1, v: 1, a: 4, s: 4, o: 4, '(': 8, '{': 8 };

function alignmentOf(type: string): number | undefined {
  const letter = type[0] ?? '';
  return fixed[letter]?.bytes ?? otherAlignments[letter];
}

/** The complete types that a signature is made of: `sa{sv}i` → `s`, `a{sv}`, `i`. Throws on what is none. */
export function splitSignature(signature: string): string[] {
  const types: string[] = [];
  for (let at = 0; at < signature.length; ) {
    const end = endOfType(signature, at, 0);
    types.push(signature.slice(at, end));
    at = end;
  }
  return types;
}

function endOfType(signature: string, at: number, depth: number): number {
  const letter = signature[at];
  if (letter === undefined || alignmentOf(letter) === undefined || depth > depthMax) throw new Error('not a signature');
  if (letter === 'a') return endOfType(signature, at + 1, depth + 1);
  if (letter !== '(' && letter !== '{') return at + 1;
  const close = letter === '(' ? ')' : '}';
  let next = at + 1;
  // One without anything in it would be read for ever.
  if (signature[next] === close) throw new Error('not a signature');
  while (signature[next] !== close) next = endOfType(signature, next, depth + 1);
  return next + 1;
}

/** Writes values in the wire format, little-endian (D-Bus Specification, "Marshaling (Wire Format)"). */
export class BusWriter {
  #bytes = Buffer.alloc(256);
  #length = 0;

  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#length);
  }

  align(to: number): void {
    this.#room((to - (this.#length % to)) % to);
  }

  writeAll(signature: string, values: readonly BusValue[]): void {
    for (const [index, type] of splitSignature(signature).entries()) {
      const value = values[index];
      if (value === undefined) throw new Error(`no value for ${type}`);
      this.write(type, value);
    }
  }

  write(type: string, value: BusValue): void {
    this.align(alignmentOf(type) ?? 1);
    const simple = fixed[type[0] ?? ''];
    if (simple !== undefined) {
      const at = this.#room(simple.bytes);
      simple.put(this.#bytes, value, at);
    } else if (type === 's' || type === 'o') this.#text(String(value), 4);
    else if (type === 'g') this.#text(String(value), 1);
    else if (type === 'v') this.#variant(asVariant(value));
    else if (type[0] === 'a') this.#array(type.slice(1), asList(value));
    else this.writeAll(type.slice(1, -1), asList(value));
  }

  #variant({ signature, value }: BusVariant): void {
    this.#text(signature, 1);
    this.write(signature, value);
  }

  #array(type: string, values: readonly BusValue[]): void {
    const lengthAt = this.#room(4);
    this.align(alignmentOf(type) ?? 1);
    const start = this.#length;
    for (const value of values) this.write(type, value);
    this.#bytes.writeUInt32LE(this.#length - start, lengthAt);
  }

  #text(text: string, lengthBytes: 1 | 4): void {
    const bytes = Buffer.from(text, 'utf8');
    const at = this.#room(lengthBytes + bytes.length + 1);
    if (lengthBytes === 1) this.#bytes.writeUInt8(bytes.length, at);
    else this.#bytes.writeUInt32LE(bytes.length, at);
    bytes.copy(this.#bytes, at + lengthBytes);
  }

  /** Zeroed room at the end; returns where it begins. */
  #room(bytes: number): number {
    const at = this.#length;
    if (at + bytes > this.#bytes.length) {
      const larger = Buffer.alloc((at + bytes) * 2);
      this.#bytes.copy(larger, 0, 0, at);
      this.#bytes = larger;
    }
    this.#length = at + bytes;
    return at;
  }
}

/** Reads values in the wire format, little-endian. Throws on what does not fit: a reader never reads beyond its bytes. */
export class BusReader {
  readonly #bytes: Buffer;
  #at: number;

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes;
    this.#at = at;
  }

  get at(): number {
    return this.#at;
  }

  align(to: number): void {
    this.#at += (to - (this.#at % to)) % to;
  }

  readAll(signature: string): BusValue[] {
    return splitSignature(signature).map((type) => this.read(type));
  }

  read(type: string, depth = 0): BusValue {
    if (depth > depthMax) throw new Error('too deep');
    this.align(alignmentOf(type) ?? 1);
    const simple = fixed[type[0] ?? ''];
    if (simple !== undefined) return simple.get(this.#bytes, this.#take(simple.bytes));
    if (type === 's' || type === 'o') return this.#text(4);
    if (type === 'g') return this.#text(1);
    if (type === 'v') return this.#variant(depth);
    if (type[0] === 'a') return this.#array(type.slice(1), depth);
    return splitSignature(type.slice(1, -1)).map((each) => this.read(each, depth + 1));
  }

  #variant(depth: number): BusVariant {
    const signature = this.#text(1);
    if (splitSignature(signature).length !== 1) throw new Error('a variant of one type has another number');
    return { signature, value: this.read(signature, depth + 1) };
  }

  #array(type: string, depth: number): BusValue[] {
    const length = this.#bytes.readUInt32LE(this.#take(4));
    this.align(alignmentOf(type) ?? 1);
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new Error('an array longer than its message');
    const values: BusValue[] = [];
    while (this.#at < end) values.push(this.read(type, depth + 1));
    return values;
  }

  #text(lengthBytes: 1 | 4): string {
    const lengthAt = this.#take(lengthBytes);
    const length = lengthBytes === 1 ? this.#bytes.readUInt8(lengthAt) : this.#bytes.readUInt32LE(lengthAt);
    const at = this.#take(length + 1);
    return this.#bytes.toString('utf8', at, at + length);
  }

  #take(bytes: number): number {
    const at = this.#at;
    if (at + bytes > this.#bytes.length) throw new Error('a value beyond the end of its message');
    this.#at = at + bytes;
    return at;
  }
}

function asVariant(value: BusValue): BusVariant {
  if (typeof value === 'object' && 'signature' in value) return value;
  throw new Error('not a variant');
}

function asList(value: BusValue): readonly BusValue[] {
  if (typeof value === 'object' && !('signature' in value)) return value;
  throw new Error('not a list');
}

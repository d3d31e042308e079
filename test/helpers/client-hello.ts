/** How a made ClientHello departs from an ordinary one. */
export interface HelloOddities {
  /** More names in the same server name list. */
  readonly names?: readonly string[];
  /** A second server_name extension. */
  readonly extraServerName?: string;
  /** A padding extension of this many bytes. */
  readonly padding?: number;
  /** The list inside says it is longer than it is. */
  readonly lie?: boolean;
}

/** Builds a TLS 1.2 style ClientHello in one or more records, with a server name when one is given. */
export function clientHello(serverName: string | undefined, oddities: HelloOddities = {}): Buffer {
  const extensions: Buffer[] = [];
  if (oddities.padding !== undefined) extensions.push(extension(21, Buffer.alloc(oddities.padding)));
  if (serverName !== undefined) {
    const body = nameList([serverName, ...(oddities.names ?? [])]);
    if (oddities.lie === true) body.writeUInt16BE(body.readUInt16BE(0) + 9, 0);
    extensions.push(extension(0, body));
  }
  if (oddities.extraServerName !== undefined) extensions.push(extension(0, nameList([oddities.extraServerName])));
  extensions.push(extension(16, Buffer.from('\0\x0c\x02h2\x08http/1.1', 'latin1')));
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    Buffer.from([0]),
    sized(2, Buffer.from([0x13, 0x01])),
    sized(1, Buffer.from([0])),
    sized(2, Buffer.concat(extensions)),
  ]);
  return records(Buffer.concat([Buffer.from([1, 0]), sized(2, body)]), 16_384);
}

/** Cuts the handshake bytes of TLS records anew, into records of at most `size` bytes. */
export function tlsRecords(hello: Buffer, size: number): Buffer {
  return records(hello.subarray(5), size);
}

function records(message: Buffer, size: number): Buffer {
  const cut: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    cut.push(Buffer.concat([Buffer.from([0x16, 3, 1]), sized(2, message.subarray(at, at + size))]));
  }
  return Buffer.concat(cut);
}

function nameList(names: readonly string[]): Buffer {
  const entries = names.map((name) => Buffer.concat([Buffer.from([0]), sized(2, Buffer.from(name, 'latin1'))]));
  return sized(2, Buffer.concat(entries));
}

function extension(type: number, body: Buffer): Buffer {
  return Buffer.concat([Buffer.from([type >> 8, type & 255]), sized(2, body)]);
}

function sized(bytes: 1 | 2, body: Buffer): Buffer {
  const length = Buffer.alloc(bytes);
  length.writeUIntBE(body.length, 0, bytes);
  return Buffer.concat([length, body]);
}

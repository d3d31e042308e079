import type { GitObject } from '../../core/diff/git-objects.ts';

/** A longer line is none that `git cat-file --batch` writes. */
const lineBytesMax = 256;

/** What `git cat-file --batch` answers: an object, the size of one that is too large to be taken, or that there is none. */
export type ObjectAnswer =
  | { readonly found: 'object'; readonly object: GitObject }
  | { readonly found: 'large'; readonly sizeBytes: number }
  | { readonly found: 'nothing' };

/** Takes objects out of the output of `git cat-file --batch`, which is somebody else's word until it is checked. */
export class ObjectStream {
  #chunk: Buffer = Buffer.alloc(0);
  #waiting: { chunk: Buffer; taken: () => void } | undefined;
  #ended: Error | undefined;
  #wake: () => void = () => undefined;

  /** Gives it more output. Resolves when it was taken. */
  push(bytes: Uint8Array): Promise<void> {
    // Nobody reads any more; whoever hands on must not wait for that.
    if (this.#ended !== undefined) return Promise.resolve();
    return new Promise((taken) => {
      this.#waiting = { chunk: Buffer.from(bytes), taken };
      this.#wake();
    });
  }

  /** No more comes: whoever reads gets this error. */
  end(error: Error): void {
    this.#ended ??= error;
    this.#waiting?.taken();
    this.#waiting = undefined;
    this.#wake();
  }

  /** The next answer. Content beyond `bytesMax` is passed over, up to `passedMax`; beyond that it rejects. */
  async next(bytesMax: number, passedMax: number): Promise<ObjectAnswer> {
    const line = await this.#line();
    const found = /^[0-9a-f]{40,64} (commit|tree|blob|tag) ([0-9]{1,15})$/u.exec(line);
    if (found?.[1] === undefined) {
      if (/^[0-9a-f]{40,64} (?:missing|ambiguous)$/u.test(line)) return { found: 'nothing' };
      throw new Error(`git answered ${JSON.stringify(line)}`);
    }
    const sizeBytes = Number(found[2]);
    if (sizeBytes > passedMax) throw new Error(`it holds an object of ${sizeBytes} bytes`);
    const content = await this.#take(sizeBytes, sizeBytes <= bytesMax);
    await this.#take(1, false);
    return content === undefined
      ? { found: 'large', sizeBytes }
      : { found: 'object', object: { kind: found[1], content } };
  }

  async #line(): Promise<string> {
    const pieces: Buffer[] = [];
    for (let length = 0; ; ) {
      const chunk = await this.#more();
      const end = chunk.indexOf(0x0a);
      const piece = end === -1 ? chunk : chunk.subarray(0, end);
      this.#chunk = end === -1 ? Buffer.alloc(0) : chunk.subarray(end + 1);
      pieces.push(piece);
      length += piece.length;
      if (length > lineBytesMax) throw new Error('git answered something else than objects');
      if (end !== -1) return Buffer.concat(pieces).toString('latin1');
    }
  }

  async #take(bytes: number, keep: boolean): Promise<Buffer | undefined> {
    const pieces: Buffer[] = [];
    for (let left = bytes; left > 0; ) {
      const chunk = await this.#more();
      const piece = chunk.subarray(0, left);
      this.#chunk = chunk.subarray(piece.length);
      left -= piece.length;
      if (keep) pieces.push(piece);
    }
    return keep ? Buffer.concat(pieces) : undefined;
  }

  /** At least one byte. */
  async #more(): Promise<Buffer> {
    while (this.#chunk.length === 0) {
      const { chunk, taken } = this.#waiting ?? {};
      if (chunk !== undefined) {
        this.#waiting = undefined;
        this.#chunk = chunk;
        taken?.();
      } else if (this.#ended !== undefined) throw this.#ended;
      else {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
      }
    }
    return this.#chunk;
  }
}

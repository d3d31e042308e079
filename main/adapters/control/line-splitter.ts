import { frameBytesMax } from '#contract/control-frame.ts';

/** Splits bytes into lines. Whatever arrives, at most `frameBytesMax` bytes of an unfinished line are held. */
export class LineSplitter {
  #held: Buffer[] = [];
  #heldBytes = 0;

  /** Hands over each whole line, without its end. Returns false, and holds nothing any more, once a line is over the bound. */
  push(chunk: Buffer, line: (bytes: Buffer) => void): boolean {
    let start = 0;
    for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
      const part = chunk.subarray(start, end);
      if (this.#heldBytes + part.length > frameBytesMax) return this.#overBound();
      const whole = this.#held.length === 0 ? part : Buffer.concat([...this.#held, part]);
      this.#held = [];
      this.#heldBytes = 0;
      start = end + 1;
      line(whole);
    }
    if (start < chunk.length) this.#held.push(chunk.subarray(start));
    this.#heldBytes += chunk.length - start;
    return this.#heldBytes <= frameBytesMax || this.#overBound();
  }

  #overBound(): false {
    this.#held = [];
    this.#heldBytes = 0;
    return false;
  }
}

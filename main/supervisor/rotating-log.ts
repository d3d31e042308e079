import { appendFileSync, closeSync, existsSync, fstatSync, openSync, renameSync } from 'node:fs';
import pino, { type Logger } from 'pino';

const fileBytesMax = 4 * 1024 * 1024;
const filesKept = 3;

/** A structured log (JSON Lines) in a file of at most 4 MiB, with three older ones beside it: `.1` is the newest of them. */
export function openLog(path: string): Logger {
  const file = new RotatingFile(path);
  return pino({ base: { pid: process.pid }, timestamp: pino.stdTimeFunctions.isoTime }, file);
}

class RotatingFile {
  readonly #path: string;
  #descriptor: number;
  #bytes: number;

  constructor(path: string) {
    this.#path = path;
    this.#descriptor = openSync(path, 'a', 0o600);
    this.#bytes = fstatSync(this.#descriptor).size;
  }

  write(line: string): void {
    try {
      if (this.#bytes > fileBytesMax) this.#rotate();
      appendFileSync(this.#descriptor, line);
      this.#bytes += Buffer.byteLength(line);
    } catch {
      // The log is a convenience: a full disk must not end sessions. The audit log is the record, and it does fail closed.
      this.#bytes = 0;
    }
  }

  #rotate(): void {
    for (let index = filesKept - 1; index >= 1; index -= 1) {
      if (existsSync(`${this.#path}.${index}`)) renameSync(`${this.#path}.${index}`, `${this.#path}.${index + 1}`);
    }
    renameSync(this.#path, `${this.#path}.1`);
    const next = openSync(this.#path, 'a', 0o600);
    closeSync(this.#descriptor);
    this.#descriptor = next;
    this.#bytes = 0;
  }
}

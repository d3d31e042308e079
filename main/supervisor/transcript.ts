/**
 * Guarantee: what a session prints is written to disk only when the person asked for it, in a file of their own alone (0600) in the
 * state folder, which no session sees; bounded, and its existence is on record.
 *
 * Threat: an agent that fills the disk by printing, or another session that reads what this one printed.
 *
 * Limits: secrets in the output are in the transcript. Bytes that are no text are replaced, so it is no exact copy.
 */
import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import type { Logger } from 'pino';
import { operatingError } from '#contract/operating-error.ts';
import type { Session, TerminalSize } from '#contract/session.ts';
import { asciicastEvent, asciicastHeader } from '../core/sessions/asciicast.ts';

/** The size of one transcript. What comes after is not written. */
export const transcriptBytesMax = 64 * 1024 * 1024;

/** Where the transcript of a session lies. */
export function transcriptPath(stateFolder: string, sessionId: string): string {
  return join(stateFolder, 'transcripts', `${sessionId}.cast`);
}

/** What a session prints, as it is written to a file. */
export class Transcript {
  readonly #file: FileHandle;
  readonly #log: Logger;
  readonly #startedAt = performance.now();
  readonly #decoders = { stdout: new StringDecoder('utf8'), stderr: new StringDecoder('utf8') };
  /** One after the other. */
  #last: Promise<void> = Promise.resolve();
  #bytes = 0;
  #over = false;

  private constructor(file: FileHandle, log: Logger) {
    this.#file = file;
    this.#log = log;
  }

  /** Begins the transcript of a session. Throws `state_unusable` when it cannot be made. */
  static async open(
    stateFolder: string,
    session: Session,
    size: TerminalSize | undefined,
    log: Logger,
  ): Promise<Transcript> {
    const path = transcriptPath(stateFolder, session.id);
    try {
      await mkdir(join(stateFolder, 'transcripts'), { recursive: true, mode: 0o700 });
      const transcript = new Transcript(await open(path, 'wx', 0o600), log);
      const startedAtMs = Date.parse(session.startedAt);
      await transcript.#write(asciicastHeader({ sessionId: session.id, size, startedAtMs }));
      return transcript;
    } catch (cause) {
      throw operatingError('state_unusable', `The transcript ${path} cannot be made, so nothing was started.`, {
        why: cause instanceof Error ? `${cause.message}.` : undefined,
        remedy: 'Make room or mend the folder, or run without --transcript.',
        cause,
      });
    }
  }

  /** Writes output. Resolves when it is written, which the agent waits for. */
  output(stream: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void> {
    const text = this.#decoders[stream].write(Buffer.from(bytes));
    return text === '' ? Promise.resolve() : this.#add(stream === 'stdout' ? 'o' : 'e', text);
  }

  resized({ columns, rows }: TerminalSize): void {
    void this.#add('r', `${columns}x${rows}`);
  }

  /** No more comes. */
  close(): void {
    this.#over = true;
    this.#last = this.#last.then(() => this.#file.close()).catch((error: unknown) => this.#failed(error));
  }

  #add(kind: 'o' | 'e' | 'r', text: string): Promise<void> {
    if (this.#over) return Promise.resolve();
    let event = asciicastEvent(performance.now() - this.#startedAt, kind, text);
    this.#bytes += Buffer.byteLength(event);
    if (this.#bytes > transcriptBytesMax) {
      this.#over = true;
      event = asciicastEvent(
        performance.now() - this.#startedAt,
        'm',
        'The transcript ends here: it has its greatest size.',
      );
    }
    this.#last = this.#last.then(() => this.#write(event)).catch((error: unknown) => this.#failed(error));
    return this.#last;
  }

  async #write(text: string): Promise<void> {
    await this.#file.appendFile(text);
  }

  /** It is a convenience: the agent goes on without it. */
  #failed(error: unknown): void {
    this.#over = true;
    this.#log.error({ error: String(error) }, 'a transcript is not written any more');
  }
}

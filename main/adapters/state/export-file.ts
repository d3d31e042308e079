/**
 * Guarantee: an export that is taken up again after any interruption has no half line, nothing twice and no gap: what
 * the resume file says is on disk in the output before it says so, and what lies behind that is cut off first.
 *
 * Threat: a kill, a full disk or a power cut in the middle; two exports at once; an output that was cut or replaced; a
 * log that was rewritten since, or is another one.
 *
 * Limits: an output that was moved away is taken for delivered and a new one begins; whether somebody changed the
 * delivered part is not looked at.
 */
import { type FileHandle, open, readFile, rename, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { operatingError } from '#contract/operating-error.ts';
import { takeSupervisorLock } from './supervisor-lock.ts';

const resumeSchema = z.object({
  v: z.literal(1),
  format: z.string(),
  query: z.string(),
  /** The last number that was looked at, and the hash of that entry. */
  seq: z.int().min(0),
  hash: z.string(),
  /** Name of the output, beside this file or absolute, and how many bytes of it are sure. */
  out: z.string(),
  bytes: z.int().min(0),
});

/** How far an export came. */
export type ResumePoint = z.infer<typeof resumeSchema>;

/** An output that can be taken up again. */
export interface ResumableOutput {
  /** Where the last export ended; undefined for the first one. */
  readonly point: ResumePoint | undefined;
  /** Whether the output is empty: it wants its header. */
  readonly isNew: boolean;
  write(text: string): Promise<void>;
  /** Makes everything written so far sure, then remembers that the log was read up to there. */
  keep(seq: number, hash: string): Promise<void>;
  close(): Promise<void>;
}

/** Opens (or begins) the output and takes it up where `resumePath` says. Refuses what cannot be continued without doubt. */
export async function openResumable(given: {
  readonly out: string;
  readonly resumePath: string;
  readonly format: string;
  readonly query: string;
}): Promise<ResumableOutput> {
  const { out, resumePath, format, query } = given;
  const lock = lockResume(resumePath);
  try {
    const point = await readPoint(resumePath);
    if (point !== undefined) assertSameExport(point, given);
    const size = await sizeOf(out);
    // No output any more: it was taken away to be delivered, and the next one begins.
    const sure = point === undefined || size === undefined ? 0 : point.bytes;
    if (size !== undefined && size < sure) throw shortOutput(given, size, sure);
    const file = await open(out, size === undefined ? 'wx' : 'r+', 0o600);
    const output = new OpenOutput(file, given, sure, point);
    return {
      point,
      isNew: sure === 0,
      write: (text) => output.write(text),
      keep: (seq, hash) => output.keep({ v: 1, format, query, seq, hash, out, bytes: output.bytes }),
      close: () => file.close().finally(() => lock.release()),
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

class OpenOutput {
  readonly #file: FileHandle;
  readonly #resumePath: string;
  #namedOut: boolean;
  /** Whether what is not sure was cut off: not before something is written, when the log was found to be the right one. */
  #isCut = false;
  bytes: number;

  constructor(file: FileHandle, given: { readonly resumePath: string }, bytes: number, point: ResumePoint | undefined) {
    this.#file = file;
    this.#resumePath = given.resumePath;
    this.bytes = bytes;
    this.#namedOut = point !== undefined && bytes > 0;
  }

  async write(text: string): Promise<void> {
    await this.#cut();
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, this.bytes);
      done += bytesWritten;
      this.bytes += bytesWritten;
    }
  }

  async #cut(): Promise<void> {
    if (!this.#isCut) await this.#file.truncate(this.bytes);
    this.#isCut = true;
  }

  /** The output first, then the name it has, then the resume file, whole or not at all. */
  async keep(point: ResumePoint): Promise<void> {
    await this.#cut();
    await this.#file.datasync();
    if (!this.#namedOut) await syncFolder(path.dirname(point.out));
    this.#namedOut = true;
    const next = `${this.#resumePath}.new`;
    const file = await open(next, 'w', 0o600);
    try {
      await file.writeFile(`${JSON.stringify(point)}\n`);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(next, this.#resumePath);
    await syncFolder(path.dirname(this.#resumePath));
  }
}

async function readPoint(resumePath: string): Promise<ResumePoint | undefined> {
  let text: string;
  try {
    text = await readFile(resumePath, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return resumeSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw operatingError('state_unusable', `${resumePath} is no resume file of an export.`, {
      remedy: 'Give --resume a file of its own; it is made when it is not there.',
      cause,
    });
  }
}

function assertSameExport(
  point: ResumePoint,
  given: { format: string; query: string; out: string; resumePath: string },
) {
  for (const [name, then, now] of [
    ['format', point.format, given.format],
    ['query', point.query, given.query],
    ['output', point.out, given.out],
  ] as const) {
    if (then === now) continue;
    throw operatingError('invalid_request', `${given.resumePath} belongs to an export with another ${name}.`, {
      why: `It was "${then}".`,
      remedy: 'Use one resume file for each export.',
    });
  }
}

function shortOutput({ out, resumePath }: { out: string; resumePath: string }, size: number, sure: number) {
  return operatingError('state_unusable', `${out} is shorter than it was left: ${size} bytes instead of ${sure}.`, {
    why: 'Events that were exported are no longer in it.',
    remedy: `To begin anew, remove ${out} and ${resumePath}; to go on without them, move ${out} away.`,
  });
}

function lockResume(resumePath: string): { release(): void } {
  try {
    return takeSupervisorLock(`${resumePath}-lock`);
  } catch (cause) {
    throw operatingError('state_unusable', `The export of ${resumePath} cannot be taken up now.`, {
      why: 'Another one is running, or its folder cannot be written.',
      remedy: 'Wait until it has ended; look at the folder.',
      cause,
    });
  }
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

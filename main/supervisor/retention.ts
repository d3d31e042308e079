import type { Logger } from 'pino';
import type { Result } from '#contract/api.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Retention } from '#contract/record.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import type { AuditLog, AuditReader, ContentPiece } from '../core/audit/log.ts';
import { throughOf, totalOf } from '../core/audit/retention.ts';
import { type Clock, timestamp } from './clock.ts';
import type { Transcripts } from './transcripts.ts';

/** How often retention is applied. */
const applyEveryMs = 3_600_000;

/** Entries of one piece: how finely the bound on size is kept. Smaller in a small log. */
const pieceEntriesMax = 1024;

interface Piece extends ContentPiece {
  readonly after: number;
}

/** Keeps the bounds on content that a person set: erases what is over them, on record, when it starts, hourly, and when they change. */
export class RecordRetention {
  readonly #audit: AuditLog;
  readonly #reader: AuditReader;
  readonly #state: StateDatabase;
  readonly #transcripts: Pick<Transcripts, 'removeBefore'>;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** What was found before; only the end of the log and what was erased since is looked at again. */
  #pieces: Piece[] = [];
  #timer: NodeJS.Timeout | undefined;
  /** One at a time. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: {
    readonly audit: AuditLog;
    readonly reader: AuditReader;
    readonly state: StateDatabase;
    readonly transcripts: Pick<Transcripts, 'removeBefore'>;
    readonly clock: Clock;
    readonly log: Logger;
  }) {
    this.#audit = parts.audit;
    this.#reader = parts.reader;
    this.#state = parts.state;
    this.#transcripts = parts.transcripts;
    this.#clock = parts.clock;
    this.#log = parts.log;
  }

  /** Applies it now and every hour from now on. */
  start(): void {
    const apply = (): void => {
      this.#next(() => this.#apply()).catch((error: unknown) =>
        this.#log.error({ error: String(error) }, 'retention was not applied'),
      );
    };
    apply();
    this.#timer = setInterval(apply, applyEveryMs).unref();
  }

  /** What is set, and what content there is. */
  show(): Promise<Result<'log.retention'>> {
    return this.#next(async () => {
      await this.#measure();
      const oldest = this.#pieces.find(({ entries }) => entries > 0)?.oldestAt;
      return {
        retention: this.#state.retention(),
        ...totalOf(this.#pieces),
        ...(oldest === undefined ? {} : { oldestAt: oldest }),
      };
    });
  }

  /** Sets and applies it. On record before it counts. */
  set(retention: Retention): Promise<Result<'log.retention.set'>> {
    return this.#next(async () => {
      const { keepMs, bytesMax } = retention;
      await this.#audit.append({
        kind: 'log.retention',
        summary: `From now on ${retentionText(retention)}.`,
        detail: { ...(keepMs === undefined ? {} : { keepMs }), ...(bytesMax === undefined ? {} : { bytesMax }) },
      });
      this.#state.saveRetention(retention);
      return { retention, ...(await this.#apply()) };
    });
  }

  /** Erases what was recorded before `before` (RFC 3339), or says what would be. */
  compact(before: string, dryRun: boolean): Promise<Result<'log.compact'>> {
    if (Number.isNaN(Date.parse(before))) throw operatingError('invalid_request', `"${before}" is no time.`);
    const at = timestamp(Date.parse(before));
    return this.#next(async () => {
      await this.#audit.flush();
      const through = await this.#reader.lastBefore(at);
      // What sessions printed then is content of that time too.
      if (!dryRun) await this.#transcripts.removeBefore(Date.parse(at));
      if (!dryRun) return { through, erased: through === 0 ? 0 : await this.#erase(through, `it is older than ${at}`) };
      const { entries, bytes } = await this.#contentUpTo(through);
      return { through, erased: entries, bytes };
    });
  }

  /** No more begins. What is being erased ends with the log. */
  close(): void {
    clearInterval(this.#timer);
  }

  async #apply(): Promise<{ through: number; erased: number }> {
    const retention = this.#state.retention();
    if (retention.keepMs === undefined && retention.bytesMax === undefined) return { through: 0, erased: 0 };
    await this.#measure();
    const oldBefore = retention.keepMs === undefined ? 0 : this.#clock.now() - retention.keepMs;
    if (oldBefore > 0) await this.#transcripts.removeBefore(oldBefore);
    const aged = oldBefore <= 0 ? 0 : await this.#reader.lastBefore(timestamp(oldBefore));
    const through = throughOf(retention, this.#pieces, await this.#contentUpTo(aged));
    return { through, erased: through === 0 ? 0 : await this.#erase(through, retentionText(retention)) };
  }

  async #erase(through: number, why: string): Promise<number> {
    const erased = await this.#audit.compact(through, why);
    // What was known of these is no longer true.
    this.#pieces = await Promise.all(
      this.#pieces.map((piece) =>
        piece.after >= through || piece.entries === 0
          ? piece
          : this.#reader
              .content(piece.after, piece.through - piece.after)
              .then((now) => ({ after: piece.after, ...now })),
      ),
    );
    return erased;
  }

  /** Looks at what was recorded since, and at the last piece again, which was not full. */
  async #measure(): Promise<void> {
    await this.#audit.flush();
    if (this.#pieces.at(-1)?.done === true) this.#pieces.pop();
    const size = Math.max(1, Math.min(pieceEntriesMax, Math.ceil((await this.#reader.count()) / pieceEntriesMax)));
    for (let done = false; !done; ) {
      const after = this.#pieces.at(-1)?.through ?? 0;
      const piece = await this.#reader.content(after, size);
      this.#pieces.push({ after, ...piece });
      done = piece.done;
    }
  }

  async #contentUpTo(through: number): Promise<ContentPiece> {
    await this.#measure();
    const whole = this.#pieces.filter((piece) => piece.through <= through);
    const after = whole.at(-1)?.through ?? 0;
    const rest = await this.#reader.content(after, through - after);
    const { entries, bytes } = totalOf([...whole, rest]);
    return { through, entries, bytes, oldestAt: whole[0]?.oldestAt, done: false };
  }

  #next<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}

/** What is kept, for the record. */
function retentionText({ keepMs, bytesMax }: Retention): string {
  const bounds = [
    ...(keepMs === undefined ? [] : [`no longer than ${keepMs / 86_400_000} days`]),
    ...(bytesMax === undefined ? [] : [`no more than ${bytesMax} bytes`]),
  ];
  return bounds.length === 0 ? 'all content is kept' : `content is kept ${bounds.join(' and ')}`;
}

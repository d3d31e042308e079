/**
 * Guarantee: going through a log from its first entry, together with the checkpoints in it and those kept elsewhere,
 * finds the first place where it is not what was written and signed for, and names the kind of damage.
 *
 * Threat: everything somebody with the database file can do: edits, reorders, deletions, a cut end, an older copy put
 * back, two logs spliced, a chain rewritten as a whole, checkpoints made up.
 *
 * Limits: entries after the newest checkpoint are only chained. Without a trusted key, checkpoints can be made up.
 */

import { type ChainState, chainStart, type Damage, damageOf, followingHash, truncated } from './chain.ts';
import { type Checkpoint, openNote, type PublicKey, type SignatureCheck } from './checkpoint.ts';
import { compactionKind, type Entry, isErased } from './entry.ts';
import { type CountOfValue, countedValues, FacetCounts } from './facets.ts';
import { Frontier, type FrontierParts, type Subtree } from './merkle.ts';

/** What a log is held against. */
export interface LogTrust {
  /** Keys whose checkpoints count. Without any, signatures are not checked. */
  readonly keys: readonly PublicKey[];
  /** Notes kept elsewhere: the keystore's newest, the lines of a witness. */
  readonly elsewhere: readonly string[];
}

/** A checkpoint as the log holds it. */
export interface StoredCheckpoint {
  readonly size: number;
  readonly note: string;
}

/** What of the log's own tables remembers the end. */
export interface RememberedEnd {
  /** Highest number the activity table knows. */
  readonly activity: number;
  /** The checkpoints that cover more entries than there are, in order. */
  readonly beyond: readonly StoredCheckpoint[];
}

/** What was recorded within an hour. */
export interface HourOfEntries {
  readonly entries: number;
  readonly first: number;
  readonly last: number;
}

/** Where a check begins in the middle of a log, on trust: whoever checks what is before compares. */
export interface CheckBeginning {
  readonly state: ChainState;
  readonly frontier: FrontierParts;
}

/** What a check found of a stretch of a log that holds, as plain data. */
export interface CheckedStretch {
  readonly begin: CheckBeginning;
  readonly end: CheckBeginning;
  readonly checkpoints: { readonly held: number; readonly size: number; readonly elsewhere: number };
  readonly vouched: number;
  readonly erased: readonly [number, number][];
  readonly erasable: number;
  readonly wrongTree: Damage | undefined;
  readonly hours: ReadonlyMap<string, HourOfEntries>;
  readonly kinds: ReadonlyMap<string, KindOfEntries>;
  readonly counts: readonly CountOfValue[];
}

/** How many entries of a kind there are, and the sum of their numbers. */
export interface KindOfEntries {
  readonly count: number;
  readonly sum: number;
}

/** Characters of a time up to its hour. */
const hourCharacters = 13;

type Outside = { readonly size: number; readonly checkpoint: Checkpoint | undefined };

/** Checks one log, entry by entry. The caller hands everything over in order and stops at the first damage. */
export class LogCheck {
  readonly #trust: LogTrust;
  readonly #check: SignatureCheck;
  readonly #begin: CheckBeginning;
  readonly #outside: Outside[];
  #frontier: Frontier;
  #state: ChainState;
  #nextOutside = 0;
  #held = 0;
  #heldSize = 0;
  #elsewhere = 0;
  /** Largest size for which a checkpoint held, wherever it is kept. */
  #vouched = 0;
  /** First and last number of each run of erased entries. */
  readonly #erased: [number, number][] = [];
  #erasable = 0;
  #wrongTree: Damage | undefined;
  readonly #hours = new Map<string, { entries: number; readonly first: number; last: number }>();
  readonly #kinds = new Map<string, { count: number; sum: number }>();
  readonly #counts = new FacetCounts();

  /** Without `begin`, from the first entry on. */
  constructor(trust: LogTrust, check: SignatureCheck, begin?: CheckBeginning) {
    this.#trust = trust;
    this.#check = check;
    this.#begin = begin ?? { state: chainStart, frontier: new Frontier().parts };
    this.#state = this.#begin.state;
    this.#frontier = Frontier.of(this.#begin.frontier);
    this.#outside = trust.elsewhere.map((note) => this.#openOutside(note)).sort((one, other) => one.size - other.size);
    while ((this.#outside[this.#nextOutside]?.size ?? Infinity) <= this.#state.seq) this.#nextOutside += 1;
  }

  /** What was found so far. */
  get stretch(): CheckedStretch {
    return {
      begin: this.#begin,
      end: { state: this.#state, frontier: this.#frontier.parts },
      checkpoints: this.checkpoints,
      vouched: this.#vouched,
      erased: this.#erased,
      erasable: this.#erasable,
      wrongTree: this.#wrongTree,
      hours: this.#hours,
      kinds: this.#kinds,
      counts: [...this.#counts.all()],
    };
  }

  /**
   * Takes over what another check found of the entries that follow, as if they had been checked here. False, and nothing
   * is taken over, when that check did not begin with exactly what holds here: the entry before and the tree over all before it.
   */
  continueWith(stretch: CheckedStretch): boolean {
    const { begin, end } = stretch;
    if (begin.state.seq !== this.#state.seq || begin.state.hash !== this.#state.hash) return false;
    const assumed = Frontier.of(begin.frontier);
    if (assumed.size !== this.#frontier.size || !assumed.root().equals(this.#frontier.root())) return false;
    this.#state = end.state;
    this.#frontier = Frontier.of(end.frontier);
    if (stretch.checkpoints.held > 0) this.#heldSize = stretch.checkpoints.size;
    this.#held += stretch.checkpoints.held;
    this.#elsewhere += stretch.checkpoints.elsewhere;
    this.#nextOutside += stretch.checkpoints.elsewhere;
    this.#vouched = Math.max(this.#vouched, stretch.vouched);
    this.#erased.push(...stretch.erased);
    this.#erasable = Math.max(this.#erasable, stretch.erasable);
    this.#wrongTree ??= stretch.wrongTree;
    for (const [hour, { entries, first, last }] of stretch.hours) this.#addHour(hour, entries, first, last);
    for (const [kind, { count, sum }] of stretch.kinds) this.#addKind(kind, count, sum);
    this.#counts.addAll(stretch.counts);
    return true;
  }

  get state(): ChainState {
    return this.#state;
  }

  /** How many checkpoints held so far, and what the newest covers. */
  get checkpoints(): { held: number; size: number; elsewhere: number } {
    return { held: this.#held, size: this.#heldSize, elsewhere: this.#elsewhere };
  }

  /** By UTC hour (`2026-01-31T12`) how many entries, and the first and last of their numbers. */
  get hours(): ReadonlyMap<string, HourOfEntries> {
    return this.#hours;
  }

  /** What the search index has to find. */
  get kinds(): ReadonlyMap<string, KindOfEntries> {
    return this.#kinds;
  }

  /** How often which values occur. */
  get counts(): FacetCounts {
    return this.#counts;
  }

  /**
   * The next entry. `near` gives the entries around it when they are needed to name the damage; `completed` hears of
   * subtrees whose nodes are stored.
   */
  entry(entry: Entry, near: () => readonly Entry[], completed?: (subtree: Subtree) => void): Damage | undefined {
    const hash = followingHash(this.#state, entry);
    if (hash === undefined) return damageOf(this.#state, entry, near());
    this.#state = { seq: entry.seq, hash };
    this.#frontier.addEntry(hash, completed);
    this.#countEntry(entry);
    if (isErased(entry)) this.#noteErased(entry.seq);
    else if (entry.kind === compactionKind) this.#erasable = Math.max(this.#erasable, compactedThrough(entry));
    return undefined;
  }

  /** The checkpoint of the log itself that covers the entries so far. Comes directly after the last of them. */
  checkpoint({ size, note }: StoredCheckpoint): Damage | undefined {
    const opened = openNote(note, this.#trust.keys, this.#check);
    if (opened === undefined || opened.checkpoint.size !== size) return forged(size, 'has not the form of one');
    if (this.#trust.keys.length > 0 && !opened.signed) return forged(size, 'is not signed by a key that is trusted');
    if (!opened.checkpoint.root.equals(this.#frontier.root())) return this.#contradicted(size, 'edited');
    this.#held += 1;
    this.#heldSize = size;
    this.#vouched = size;
    return undefined;
  }

  /**
   * Compares with the checkpoints kept elsewhere that cover the entries so far. Comes after `checkpoint`, so that a
   * log that contradicts its own checkpoint is called edited, not rolled back.
   */
  elsewhere(): Damage | undefined {
    const { seq } = this.#state;
    let outside = this.#outside[this.#nextOutside];
    if (outside?.size !== seq) return undefined;
    const root = this.#frontier.root();
    for (; outside?.size === seq; outside = this.#outside[this.#nextOutside]) {
      if (outside.checkpoint === undefined) return forgedElsewhere(seq);
      if (!outside.checkpoint.root.equals(root)) return this.#contradicted(seq, 'rolled_back');
      this.#nextOutside += 1;
      this.#elsewhere += 1;
      this.#vouched = seq;
    }
    return undefined;
  }

  /** A stored node is not what the entries give. Named only when nothing else is wrong: the entries are the evidence. */
  wrongSubtree({ level, position }: Subtree): void {
    const first = position * 2 ** level + 1;
    const last = first + 2 ** level - 1;
    this.#wrongTree ??= {
      seq: last,
      kind: 'edited',
      what: `The stored tree over entries ${first} to ${last} is not theirs.`,
    };
  }

  /** After the last entry. */
  end({ activity, beyond }: RememberedEnd): Damage | undefined {
    const { seq } = this.#state;
    for (const { size, note } of beyond) {
      const opened = openNote(note, this.#trust.keys, this.#check);
      if (opened === undefined || opened.checkpoint.size !== size) return forged(size, 'has not the form of one');
      if (this.#trust.keys.length > 0 && !opened.signed) return forged(size, 'is not signed by a key that is trusted');
    }
    const last = Math.max(activity, beyond.at(-1)?.size ?? 0);
    if (last > seq) return truncated(seq + 1, last);
    const outside = this.#outside[this.#nextOutside];
    if (outside !== undefined) {
      if (outside.checkpoint === undefined) return forgedElsewhere(outside.size);
      return {
        seq: seq + 1,
        kind: 'rolled_back',
        what: `This is an older copy: a checkpoint kept elsewhere covers ${outside.size} entries.`,
      };
    }
    const bare = this.#erased.find(([, end]) => end > this.#erasable);
    if (bare === undefined) return this.#wrongTree;
    const first = Math.max(bare[0], this.#erasable + 1);
    return { seq: first, kind: 'edited', what: `The content of entry ${first} was erased, with no record of it.` };
  }

  #countEntry(entry: Entry): void {
    this.#addHour(entry.at.slice(0, hourCharacters), 1, entry.seq, entry.seq);
    this.#addKind(entry.kind, 1, entry.seq);
    this.#counts.add(entry.seq, countedValues(entry));
  }

  #addHour(hour: string, entries: number, first: number, last: number): void {
    const known = this.#hours.get(hour);
    if (known === undefined) this.#hours.set(hour, { entries, first, last });
    else {
      known.entries += entries;
      known.last = last;
    }
  }

  #addKind(kind: string, count: number, sum: number): void {
    const known = this.#kinds.get(kind);
    if (known === undefined) this.#kinds.set(kind, { count, sum });
    else {
      known.count += count;
      known.sum += sum;
    }
  }

  #openOutside(note: string): Outside {
    const opened = openNote(note, this.#trust.keys, this.#check);
    if (opened === undefined) return { size: 1, checkpoint: undefined };
    const { size } = opened.checkpoint;
    const trusted = opened.signed || this.#trust.keys.length === 0;
    // Compared after the entry with this number, and there is none with number 0.
    return { size: Math.max(1, size), checkpoint: trusted && size > 0 ? opened.checkpoint : undefined };
  }

  /** A root of another state was signed: what differs lies after the newest checkpoint that held. */
  #contradicted(size: number, kind: 'edited' | 'rolled_back'): Damage {
    const first = this.#vouched + 1;
    const which = first === size ? `Entry ${size} is not the one` : `Entries ${first} to ${size} are not those`;
    const where = kind === 'edited' ? 'the checkpoint over them' : 'a checkpoint kept elsewhere';
    return { seq: first, kind, what: `${which} that ${where} was signed for.` };
  }

  #noteErased(seq: number): void {
    const last = this.#erased.at(-1);
    if (last !== undefined && last[1] === seq - 1) last[1] = seq;
    else this.#erased.push([seq, seq]);
  }
}

/** Up to which number an entry of the compaction kind lets payloads be erased; never beyond what was before it. */
export function compactedThrough(entry: Entry): number {
  try {
    const payload: unknown = JSON.parse(entry.payload);
    const detail = typeof payload === 'object' && payload !== null && 'detail' in payload ? payload.detail : undefined;
    const through = typeof detail === 'object' && detail !== null && 'through' in detail ? detail.through : undefined;
    return typeof through === 'number' && Number.isSafeInteger(through) ? Math.min(through, entry.seq - 1) : 0;
  } catch {
    // An entry that holds and is no JSON was written so; it then allows nothing.
    return 0;
  }
}

function forged(size: number, how: string): Damage {
  return { seq: size, kind: 'forged_checkpoint', what: `The checkpoint over ${size} entries ${how}.` };
}

function forgedElsewhere(size: number): Damage {
  return {
    seq: size,
    kind: 'forged_checkpoint',
    what: `A checkpoint kept elsewhere, over ${size} entries, is not signed by a key that is trusted.`,
  };
}

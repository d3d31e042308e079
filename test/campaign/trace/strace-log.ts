/** One system call as strace saw it. Times are positions in its log, which is in the order of what happened. */
export interface TracedCall {
  /** Thread that called. */
  readonly thread: number;
  /** Its name. */
  readonly threadName: string;
  readonly name: string;
  /** Arguments and result as strace prints them; of an interrupted call, what was printed at its beginning and at its end. */
  readonly text: string;
  readonly begins: number;
  /** Undefined for a call that never came back. */
  readonly ends: number | undefined;
}

const line = /^(?<thread>\d+)(?:<(?<comm>.*?)>)?\s+(?<rest>.*)$/u;
const resumed = /^<\.\.\. (?<name>\w+) resumed>(?<text>.*)$/u;
const begun = /^(?<name>\w+)\((?<text>.*)$/u;
const unfinished = ' <unfinished ...>';

/** Reads what `strace -f --decode-pids=comm -o` wrote. Signals, exits and what cannot be read are passed over. */
export function parseStrace(log: string): TracedCall[] {
  const calls: TracedCall[] = [];
  /** The interrupted call of each thread. */
  const open = new Map<number, number>();
  for (const [position, each] of log.split('\n').entries()) {
    const { thread = '', comm = '', rest = '' } = line.exec(each)?.groups ?? {};
    const pid = Number(thread);
    const end = resumed.exec(rest)?.groups;
    if (end !== undefined) {
      const index = open.get(pid);
      const call = index === undefined ? undefined : calls[index];
      open.delete(pid);
      if (index === undefined || call === undefined || call.name !== end['name']) continue;
      calls[index] = { ...call, text: `${call.text}${end['text']}`, ends: position };
      continue;
    }
    const begin = begun.exec(rest)?.groups;
    if (begin === undefined) continue;
    const { name = '', text = '' } = begin;
    const isOpen = text.endsWith(unfinished);
    if (isOpen) open.set(pid, calls.length);
    calls.push({
      thread: pid,
      threadName: comm,
      name,
      text: isOpen ? text.slice(0, -unfinished.length) : text,
      begins: position,
      ends: isOpen ? undefined : position,
    });
  }
  return calls;
}

/**
 * For each hash, the position at which its entry was durable: the entry's bytes were written to the log's WAL, and a sync of
 * it that the same thread began afterwards came back without error. The first write that holds a hash is that of its own
 * entry, since the next one names it as its predecessor.
 */
export function durablePositions(calls: readonly TracedCall[], hashes: readonly string[]): ReadonlyMap<string, number> {
  const isLog = ({ text }: TracedCall): boolean => /^\d+<[^>]*\/audit\.db(?:-wal)?>/u.test(text);
  const writes = calls.filter((call) => /^pwrite(?:64|v2?)$/u.test(call.name) && isLog(call));
  const syncs = calls.filter(
    (call) => /^f(?:data)?sync$/u.test(call.name) && isLog(call) && call.text.endsWith(' = 0'),
  );
  const durable = new Map<string, number>();
  for (const hash of hashes) {
    const write = writes.find(({ text }) => text.includes(hash));
    const sync =
      write?.ends === undefined
        ? undefined
        : syncs.find(({ thread, begins }) => thread === write.thread && begins > (write.ends ?? begins));
    if (sync?.ends !== undefined) durable.set(hash, sync.ends);
  }
  return durable;
}

import { describeMachine } from '../machine.ts';
import { transcript } from './attempts/all.ts';
import { bare, type Contestant, type ContestantName, gatehouse, openCodex, openSrt } from './contestants.ts';
import { type Caller, saveTranscript, toLines, writeTranscript } from './report.ts';
import { type Judged, tryAll } from './run-attempt.ts';

/**
 * Runs the whole transcript with every contestant, as whoever runs it, and writes the tables. Homes lie in `/var/tmp`: a peer
 * lets its agent write all of `/tmp` and refuses to have its own home there.
 */
export async function runTranscript(): Promise<void> {
  process.env['TMPDIR'] = '/var/tmp';
  const contestants: readonly Contestant[] = [bare, gatehouse, await openSrt(), await openCodex()];
  const outcomes = new Map<string, Partial<Record<ContestantName, Judged>>>();
  for (const contestant of contestants) {
    for await (const [{ id, what }, judged] of tryAll(transcript, contestant)) {
      outcomes.set(id, { ...outcomes.get(id), [contestant.name]: judged });
      console.log([id, contestant.name, judged.outcome, what, judged.note ?? '', judged.said].join(' | '));
    }
  }
  const caller: Caller = process.getuid?.() === 0 ? 'root' : 'user';
  await saveTranscript({
    caller,
    measuredAt: new Date().toISOString(),
    machine: describeMachine(),
    versions: Object.fromEntries(contestants.map(({ name, version }) => [name, version])),
    lines: toLines(transcript, outcomes),
  });
  await writeTranscript();
}

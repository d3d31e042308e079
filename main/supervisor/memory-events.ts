import type { NewEvent } from '#contract/audit.ts';
import type { MemoryChange, MemoryPin, MemoryQuestion } from '#contract/memory.ts';
import { changesText, memoryName } from '../core/agents/memory.ts';

/** The words and fields of events about pinned instructions; `docs/audit-format.md` describes them. Never a text: that may hold secrets. */

/** Before the pin is kept and the agent starts. */
export function pinnedEvent({ agent, workspace, files }: MemoryPin, session: string): NewEvent {
  return {
    kind: 'memory.pinned',
    session,
    agent,
    summary: `${filesText(files.length)} of ${agent} in ${workspace} ${files.length === 1 ? 'is' : 'are'} pinned as they are`,
    detail: {
      workspace,
      files: files.map((file) => ({ place: file.place, path: file.path, ...recorded(file) })),
    },
  };
}

/** Before whoever wanted to start it is told. */
export function changedMemoryEvent({ agent, workspace, digest, changes }: MemoryQuestion): NewEvent {
  return {
    kind: 'memory.changed',
    agent,
    decision: 'deny',
    summary: `${agent} would be told something else than was pinned in ${workspace}: ${changesText(changes)}`,
    detail: { workspace, asked: true, question: digest, changes: changes.map(changed) },
  };
}

/** An observation: nobody is asked about a database. */
export function changedStoresEvent(
  { agent, workspace }: MemoryPin,
  changes: readonly MemoryChange[],
  session: string,
): NewEvent {
  return {
    kind: 'memory.changed',
    session,
    agent,
    summary: `Databases of ${agent} in ${workspace} are not as they were at its last start: ${changesText(changes)}`,
    detail: { workspace, asked: false, changes: changes.map(changed) },
  };
}

/** Before it counts. */
export function acceptedMemoryEvent({ agent, workspace, digest, changes }: MemoryQuestion): NewEvent {
  return {
    kind: 'memory.accepted',
    agent,
    summary: `What changed of ${agent}’s instructions in ${workspace} was accepted: ${changesText(changes)}`,
    detail: { workspace, question: digest, changes: changes.map(changed) },
  };
}

function changed({ place, path, change, before, after }: MemoryChange) {
  return {
    ...{ place, path, change },
    ...(before === undefined ? {} : { before: recorded(before) }),
    ...(after === undefined ? {} : { after: recorded(after) }),
  };
}

function recorded({ sha256, sizeBytes, link }: NonNullable<MemoryChange['after']>) {
  return { sha256, sizeBytes, ...(link === undefined ? {} : { link }) };
}

/** What a person is told when an agent is first seen in a workspace. */
export function pinnedNotices({ agent, files }: MemoryPin): string[] {
  const told = files.filter(({ store }) => store !== true);
  if (told.length === 0) return [];
  const names = told.slice(0, namedMax).map(memoryName).join(', ');
  const more = told.length > namedMax ? ` and ${told.length - namedMax} more` : '';
  return [
    `${filesText(told.length)} that ${agent} reads ${told.length === 1 ? 'is' : 'are'} pinned as of now: ${names}${more}. You are asked when one changes.`,
  ];
}

const namedMax = 4;

function filesText(count: number): string {
  return count === 1 ? '1 instruction or memory file' : `${count} instruction and memory files`;
}

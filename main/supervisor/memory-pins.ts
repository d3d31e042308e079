/**
 * Guarantee: an agent in a workspace is told at its start what it was told before, or what a person has seen and accepted since. What was
 * shown is what is pinned, and it is looked at once more right before the agent starts.
 *
 * Threat: an agent that was led astray writes instructions for the next session into its memory, or into a file that was missing; a
 * repository that brings other instructions with its next commit; an answer to contents that are no longer so.
 *
 * Limits: what is there when an agent is first seen in a workspace is taken as it is, on record. What is changed from outside while a
 * session runs counts at the next start. Commands without a preset or a name (`generic`) are nobody, and nothing is pinned for them.
 */
import { genericPresetId } from '#contract/generic-preset.ts';
import type { ListedPin, MemoryPin, MemoryQuestion, PinnedFile } from '#contract/memory.ts';
import { operatingError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';
import { readMemoryFiles } from '../adapters/agents/memory-files.ts';
import type { StatePaths } from '../adapters/control/paths.ts';
import type { StateDatabase } from '../adapters/state/state-database.ts';
import { changesText, memoryChanges, memoryQuestion, storeChanges, withBoundedTexts } from '../core/agents/memory.ts';
import { startUpFiles } from '../core/agents/start-up-files.ts';
import type { AuditLog } from '../core/audit/log.ts';
import { shellWord } from '../core/policy/words.ts';
import { type Clock, timestamp } from './clock.ts';
import {
  acceptedMemoryEvent,
  changedMemoryEvent,
  changedStoresEvent,
  pinnedEvent,
  pinnedNotices,
} from './memory-events.ts';
import { OpenQuestions } from './open-questions.ts';
import { type Caller, homeStoreOf, type SessionGround } from './session-plan.ts';

/** Each holds up to 2 MiB of texts. */
const questionsMax = 8;
/** Pins that are looked at for a list. */
const listedMax = 100;

/** What pins are kept, recorded and compared with. */
export interface MemoryParts {
  readonly state: Pick<StateDatabase, 'memoryPin' | 'memoryPins' | 'saveMemoryPin'>;
  readonly audit: AuditLog;
  readonly clock: Clock;
  readonly paths: StatePaths;
  readonly caller: Pick<Caller, 'home'>;
  readonly presets: readonly Preset[];
  /** Files of a workspace that any agent takes for instructions, relative to it. */
  readonly instructionFiles: readonly string[];
}

/** Whose instructions, and where. */
export interface MemoryPlace {
  readonly agent: string;
  readonly preset: Pick<Preset, 'id' | 'homeFiles' | 'instructionFiles'>;
  /** Canonical. */
  readonly workspace: string;
}

/** Whose instructions a session would begin with. */
export function memoryPlaceOf({ agent, preset, workspace }: SessionGround): MemoryPlace {
  return { agent, preset, workspace: workspace.path };
}

interface OpenQuestion {
  readonly digest: string;
  readonly question: MemoryQuestion;
  readonly place: MemoryPlace;
  readonly before: readonly PinnedFile[];
  readonly after: readonly PinnedFile[];
}

/** The pins of every agent in every workspace. */
export class MemoryPins {
  readonly questions = new OpenQuestions<OpenQuestion>({
    keptMax: questionsMax,
    subject: ({ place }) => `${place.agent} ${place.workspace}`,
    name: 'This question about instructions',
    again: '`gatehouse memory accept`',
  });
  readonly #parts: MemoryParts;

  constructor(parts: MemoryParts) {
    this.#parts = parts;
  }

  /** Looks before anything of a session exists. Rejects with `memory_changed`, which carries the question. */
  async admit(place: MemoryPlace): Promise<void> {
    if (place.agent === genericPresetId) return;
    const pin = this.#parts.state.memoryPin(place.agent, place.workspace);
    if (pin === undefined) return;
    const question = this.#compare(place, pin, await this.#look(place));
    if (question !== undefined) await this.#refuse(question);
  }

  /** Looks right before the agent starts, and pins what it never saw before. Resolves with what a person should know. */
  async settle(place: MemoryPlace, session: string): Promise<string[]> {
    const { agent, workspace } = place;
    if (agent === genericPresetId) return [];
    const { state, audit } = this.#parts;
    const files = await this.#look(place);
    const pin = state.memoryPin(agent, workspace);
    if (pin === undefined) {
      const first = this.#pin(place, files);
      await audit.append(pinnedEvent(first, session));
      state.saveMemoryPin(first);
      return pinnedNotices(first);
    }
    const question = this.#compare(place, pin, files);
    if (question !== undefined) await this.#refuse(question);
    const stores = storeChanges(pin.files, files);
    if (stores.length > 0) {
      audit.observe(changedStoresEvent(pin, stores, session));
      state.saveMemoryPin({
        ...pin,
        files: [...pin.files.filter(notStore), ...files.filter((file) => !notStore(file))],
      });
    }
    return [];
  }

  /** The question that starting now would raise; undefined when all is as pinned, or nothing is. */
  async examine(agent: string, workspace: string): Promise<MemoryQuestion | undefined> {
    const pin = this.#parts.state.memoryPin(agent, workspace);
    if (pin === undefined) {
      throw operatingError('not_found', `Nothing is pinned for ${agent} in ${workspace}.`, {
        remedy: '`gatehouse memory list` shows what is; the first start pins.',
      });
    }
    const place = this.#placeOf(pin);
    return this.#compare(place, pin, await this.#look(place))?.question;
  }

  /** The texts of one change of an open question, as far as they are kept. */
  textsOf(digest: string, index: number): { before?: string; after?: string } {
    const { question, before, after } = this.questions.get(digest);
    const change = question.changes[index];
    if (change === undefined) throw operatingError('not_found', `The question has no change ${index}.`);
    const textIn = (files: readonly PinnedFile[]) =>
      files.find(({ place, path }) => place === change.place && path === change.path)?.text;
    const [old, now] = [textIn(before), textIn(after)];
    return { ...(old === undefined ? {} : { before: old }), ...(now === undefined ? {} : { after: now }) };
  }

  /** Pins what was shown, when it is still so. */
  async accept({ question, place }: OpenQuestion): Promise<MemoryPin> {
    const { state, audit } = this.#parts;
    const pin = state.memoryPin(place.agent, place.workspace);
    const files = await this.#look(place);
    const now = pin === undefined ? undefined : this.#compare(place, pin, files);
    if (now?.digest !== question.digest) {
      throw operatingError('approval_refused', 'What you were shown is no longer so.', {
        why: 'The files changed meanwhile.',
        remedy: 'Nothing was accepted. Ask again, and look at what is new.',
      });
    }
    const next = this.#pin(place, files);
    await audit.append(acceptedMemoryEvent(question));
    state.saveMemoryPin(next);
    return next;
  }

  /** By agent and workspace; what cannot be looked at any more is listed all the same. */
  async list(which: {
    readonly agent?: string | undefined;
    readonly workspace?: string | undefined;
  }): Promise<ListedPin[]> {
    const pins = this.#parts.state
      .memoryPins()
      .filter(({ agent }) => which.agent === undefined || agent === which.agent)
      .filter(({ workspace }) => which.workspace === undefined || workspace === which.workspace);
    return Promise.all(
      pins.slice(0, listedMax).map(async (pin): Promise<ListedPin> => {
        const changed = await this.#changedOf(pin).catch(() => undefined);
        const files = pin.files.map(({ text: _, ...file }) => file);
        return { ...pin, files, ...(changed === undefined ? {} : { changed }) };
      }),
    );
  }

  async #changedOf(pin: MemoryPin): Promise<number> {
    return memoryChanges(pin.files, await this.#look(this.#placeOf(pin))).length;
  }

  #look({ agent, preset, workspace }: MemoryPlace): Promise<PinnedFile[]> {
    const { paths, caller, instructionFiles } = this.#parts;
    const inHome = (names: readonly string[]) => names.map((name) => name.slice('~/'.length));
    return readMemoryFiles({
      workspace,
      home: { inside: caller.home, host: homeStoreOf(paths, agent, workspace) },
      workspaceFiles: [...new Set([...instructionFiles, ...preset.instructionFiles])],
      homeFiles: [...inHome([...preset.homeFiles.memory, ...preset.homeFiles.pinned]), ...startUpFiles],
      stores: inHome(preset.homeFiles.stores),
    });
  }

  #compare(place: MemoryPlace, pin: MemoryPin, after: readonly PinnedFile[]): OpenQuestion | undefined {
    const changes = memoryChanges(pin.files, after);
    if (changes.length === 0) return undefined;
    const { agent, workspace } = place;
    const question = memoryQuestion({ agent, workspace, pinnedAt: pin.pinnedAt, changes });
    return this.questions.keep({ digest: question.digest, question, place, before: pin.files, after });
  }

  async #refuse({ question }: OpenQuestion): Promise<never> {
    const { agent, workspace, changes } = question;
    await this.#parts.audit.append(changedMemoryEvent(question));
    throw operatingError('memory_changed', `${agent} would be told something else than before, so it does not start.`, {
      why: `Since it was pinned, in ${workspace}: ${changesText(changes)}.`,
      remedy: `Look at what changed and accept it, in a terminal: \`gatehouse memory accept --agent ${agent} --workspace ${shellWord(workspace)}\`.`,
      memory: question,
    });
  }

  #pin({ agent, workspace, preset }: MemoryPlace, files: readonly PinnedFile[]): MemoryPin {
    const pinnedAt = timestamp(this.#parts.clock.now());
    return { agent, workspace, preset: preset.id, pinnedAt, files: withBoundedTexts(files) };
  }

  #placeOf({ agent, workspace, preset: id }: MemoryPin): MemoryPlace {
    const preset = this.#parts.presets.find((each) => each.id === id);
    if (preset !== undefined) return { agent, workspace, preset };
    throw operatingError('preset_invalid', `There is no preset ${id} any more, by which ${agent} was pinned.`, {
      remedy: 'Its next start says what it is now.',
    });
  }
}

const notStore = ({ store }: PinnedFile): boolean => store !== true;

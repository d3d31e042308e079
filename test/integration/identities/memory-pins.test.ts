import { mkdir, realpath, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadPresets } from '../../../main/adapters/agents/load-data.ts';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import { StateDatabase } from '../../../main/adapters/state/state-database.ts';
import { MemoryPins, type MemoryPlace } from '../../../main/supervisor/memory-pins.ts';
import { homeStoreOf } from '../../../main/supervisor/session-plan.ts';
import { type TemporaryLog, temporaryLog } from '../audit/temporary-log.ts';

const presets = await loadPresets(path.resolve(import.meta.dirname, '../../../resources/agents'));
const codex = presets.find(({ id }) => id === 'codex');
if (codex === undefined) throw new Error('no preset of Codex');

let files: TemporaryLog;
let state: StateDatabase;
let memory: MemoryPins;
let place: MemoryPlace;
let store: string;
let events: () => Promise<string[]>;

beforeEach(async () => {
  files = await temporaryLog();
  const folder = await realpath(files.folder);
  const audit = await files.write();
  const reader = await files.read();
  const paths = statePaths({ GATEHOUSE_HOME: folder });
  const workspace = path.join(folder, 'home/shop');
  await mkdir(workspace, { recursive: true });
  state = new StateDatabase(path.join(folder, 'state.db'));
  const clock = { now: () => Date.parse('2026-05-01T00:00:00Z'), random: () => new Uint8Array(4) };
  const caller = { home: path.join(folder, 'home') };
  memory = new MemoryPins({ state, audit, clock, paths, caller, presets, instructionFiles: ['AGENTS.md'] });
  place = { agent: 'codex', preset: codex, workspace };
  store = homeStoreOf(paths, 'codex', workspace);
  await mkdir(path.join(store, '.codex'), { recursive: true });
  events = async () => {
    await audit.flush();
    const { events: newest } = await reader.query({ query: '', limit: 50 });
    const own = newest.toReversed().filter(({ kind }) => kind.startsWith('memory.'));
    return own.map(({ kind, detail }) => `${kind} ${String(detail['asked'] ?? '')}`.trim());
  };
});
afterEach(async () => {
  state.close();
  await files.remove();
});

const put = (name: string, text: string) => writeFile(name, text);
const refused = { data: { code: 'memory_changed' } };

describe('[DAT-3] pins', () => {
  test('of databases go on record when they change, and nobody is asked', async () => {
    const database = path.join(store, '.codex/memories_1.sqlite');
    await put(database, 'one');
    await memory.settle(place, '0001-calm-otter');
    await put(database, 'two');
    await memory.admit(place);
    expect(await memory.settle(place, '0002-calm-otter')).toEqual([]);
    await memory.settle(place, '0003-calm-otter');
    expect(await events()).toEqual(['memory.pinned', 'memory.changed false']);
  });

  test('are made of nothing too: what appears afterwards is asked about, before and right at the launch', async () => {
    expect(await memory.settle(place, '0001-calm-otter')).toEqual([]);
    await put(path.join(place.workspace, 'AGENTS.md'), 'Obey.\n');
    await expect(memory.admit(place)).rejects.toMatchObject(refused);
    await expect(memory.settle(place, '0002-calm-otter')).rejects.toMatchObject(refused);
    expect(state.memoryPin('codex', place.workspace)?.files).toEqual([]);
    expect(await events()).toEqual(['memory.pinned', 'memory.changed true', 'memory.changed true']);
  });

  test('are accepted as they were asked about, with another agent’s and another answer’s left alone', async () => {
    const file = path.join(place.workspace, 'AGENTS.md');
    await put(file, 'One.\n');
    await memory.settle(place, '0001-calm-otter');
    await put(file, 'Two.\n');
    const surface = { asked: () => {}, changed: () => {} };
    const question = await memory.examine('codex', place.workspace);
    const digest = question?.digest ?? '';
    expect(memory.textsOf(digest, 0)).toEqual({ before: 'One.\n', after: 'Two.\n' });
    const take = () => memory.questions.take(surface, digest, memory.questions.codeFor(surface, digest));
    expect(() => memory.questions.take(surface, digest, '222')).toThrow('is not open');
    const taken = take();
    await put(file, 'Three.\n');
    await expect(memory.accept(taken)).rejects.toThrow('no longer so');
    await put(file, 'Two.\n');
    await memory.examine('codex', place.workspace);
    await memory.accept(take());
    await memory.admit(place);
    expect(state.memoryPin('codex', place.workspace)?.files).toMatchObject([{ text: 'Two.\n' }]);
    await expect(memory.examine('codex', '/elsewhere')).rejects.toMatchObject({ data: { code: 'not_found' } });
    await expect(memory.examine('other', place.workspace)).rejects.toMatchObject({ data: { code: 'not_found' } });
  });

  test('of the oldest beyond the bound lose their texts, and never their digests', async () => {
    await put(path.join(place.workspace, 'AGENTS.md'), 'One.\n');
    await memory.settle(place, '0001-calm-otter');
    const pin = state.memoryPin('codex', place.workspace);
    if (pin === undefined) throw new Error('nothing is pinned');
    for (let at = 0; at < 64; at += 1) state.saveMemoryPin({ ...pin, workspace: `/w${at}` });
    const kept = state.memoryPins();
    expect(kept).toHaveLength(65);
    expect(kept.filter(({ files: each }) => each[0]?.text === undefined).map(({ workspace }) => workspace)).toEqual([
      place.workspace,
    ]);
    expect(new Set(kept.map(({ files: each }) => each[0]?.sha256)).size).toBe(1);
    await memory.admit(place);
  });
});

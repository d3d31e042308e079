import type { Figure } from './figure.ts';
import { app } from './figures/app.ts';
import { audit } from './figures/audit.ts';
import { decision } from './figures/decision.ts';
import { exposed } from './figures/exposed.ts';
import { launch } from './figures/launch.ts';
import { load } from './figures/load.ts';
import { memory } from './figures/memory.ts';
import { proxy } from './figures/proxy.ts';
import { timeline } from './figures/timeline.ts';
import { walls } from './figures/walls.ts';
import { openGround, peerVersion } from './ground.ts';
import { describeMachine, loadNow } from './machine.ts';
import { saveResult, tableText, writeTables } from './results.ts';
import { runTasks } from './tasks/tasks.ts';
import { runTranscript } from './transcript/transcript.ts';

const figures: readonly Figure[] = [launch, decision, proxy, exposed, audit, load, timeline, app, memory, walls];

/** Not among the figures: it takes most of an hour and measures nothing. */
const transcriptName = 'transcript';

/** Nor this: `tasks`, or `tasks=codex,opencode` for other agents than Claude Code. */
const tasksName = /^tasks(?:=(?<agents>.+))?$/u;

const asked = process.argv.slice(2);
const names = asked.filter((name) => name !== transcriptName && !tasksName.test(name));
for (const name of asked) {
  const found = tasksName.exec(name);
  if (found !== null) await runTasks((found.groups?.['agents'] ?? 'claude-code').split(','));
}
if (asked.some((name) => tasksName.test(name)) && names.length === 0 && !asked.includes(transcriptName))
  process.exit(0);
if (asked.includes(transcriptName)) {
  await runTranscript();
  if (names.length === 0) process.exit(0);
}
const unknown = names.filter((name) => !figures.some((figure) => figure.name === name));
if (unknown.length > 0) {
  console.error(`bench: no figure ${unknown.join(', ')}. There are: ${figures.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
let failed = 0;
for (const figure of figures) {
  if (names.length > 0 && !names.includes(figure.name)) continue;
  const ground = await openGround();
  // The supervisor is a process apart: without this, a bench that is stopped would leave it and its sessions behind.
  const stop = (): void => void ground.close().finally(() => process.exit(130));
  process.once('SIGINT', stop).once('SIGTERM', stop);
  try {
    const loadBefore = loadNow();
    const rows = await figure.measure(ground);
    const loadAfter = loadNow();
    console.log(`\n${figure.title} (load average ${loadBefore} before, ${loadAfter} after)\n${tableText(rows)}`);
    const { name, title } = figure;
    const measuredAt = new Date().toISOString();
    const machine = describeMachine();
    await saveResult({ name, title, measuredAt, machine, peerVersion, loadBefore, loadAfter, rows });
  } catch (error) {
    // One figure that cannot be measured must not cost the others; the exit status tells.
    failed += 1;
    console.error(`bench: ${figure.name} could not be measured:`, error);
  } finally {
    process.off('SIGINT', stop).off('SIGTERM', stop);
    await ground.close();
  }
}
await writeTables(figures);
process.exit(failed === 0 ? 0 : 1);

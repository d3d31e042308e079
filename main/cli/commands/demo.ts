import type { Result } from '#contract/api.ts';
import { visible } from '#contract/text/visible.ts';
import type { ControlClient } from '../../adapters/control/client.ts';
import { type StatePaths, statePaths } from '../../adapters/control/paths.ts';
import { openStream, type SessionEnd } from '../../adapters/control/stream-client.ts';
import { splitCallerEnvironment } from '../../core/agents/caller-variables.ts';
import { openControl } from '../connection.ts';
import { type DemoCheck, judgeDemo } from '../demo-checks.ts';
import { openScene, type Scene } from '../demo-scene.ts';
import { exitStatus } from '../failure.ts';
import { eventLine } from '../render/event-lines.ts';
import { wrap } from '../render/width.ts';
import { printJson, type Terminal } from '../terminal.ts';

/** The agent ends by itself within seconds; this only ends what hangs. */
const demoTimeMaxMs = 120_000;
const eventsMax = 1000;
/** What is kept of the agent's words. */
const saidCharactersMax = 1024 * 1024;

/** Lets a scripted agent loose inside real walls and shows what came of it. Exit status 0 only when all held. */
export async function demo(terminal: Terminal, options: { json?: boolean }): Promise<number> {
  const paths = statePaths(terminal.environment);
  const control = await openControl(terminal, paths);
  try {
    const scene = await openScene();
    try {
      return await play(terminal, { control, paths, scene, json: options.json === true });
    } finally {
      await scene.close();
    }
  } finally {
    control.close();
  }
}

interface Stage {
  readonly control: ControlClient;
  readonly paths: StatePaths;
  readonly scene: Scene;
  readonly json: boolean;
}

async function play(terminal: Terminal, stage: Stage): Promise<number> {
  const { control, scene, json } = stage;
  const print = (text: string) => {
    if (!json) terminal.stdout.write(text);
  };
  const { paint } = terminal.screen;
  print(`${paint('strong', 'A scripted agent gets a folder, a task, and no scruples.')}\n\n`);
  const started = await startAgent(terminal, stage);
  const { said, end } = await listen(stage, started, (line) => {
    for (const part of wrap(visible(line), terminal.screen.columns - 4)) print(`  ${paint('dim', '│')} ${part}\n`);
  });
  const { id } = started.session;
  const { events } = await control.call('log.query', { query: '', session: id, limit: eventsMax });
  const checks = judgeDemo(scene, {
    end,
    said,
    events,
    leftBehind: await scene.leftBehind(),
    collected: scene.collected(),
    keyFolderChanged: await scene.keyFolderChanged(),
    verified: await control.call('log.verify', {}),
  });
  const held = checks.every((check) => check.held);
  if (json) printJson(terminal, { ok: held, session: id, exit: end.exit, checks });
  else {
    print(`\n${paint('strong', 'What is on record')}\n\n`);
    for (const event of events.toReversed()) print(eventLine(terminal.screen, event, terminal.nowMs(), 0));
    print(`\n${paint('strong', 'What held, seen from outside')}\n\n`);
    for (const check of checks)
      print(`  ${check.held ? paint('good', '✓') : paint('bad', '✗ not held:')} ${check.title}\n`);
    print(`\n${closing(checks, id, terminal.screen.columns)}\n`);
  }
  return held ? exitStatus.ok : exitStatus.no;
}

function startAgent(terminal: Terminal, { control, paths, scene }: Stage): Promise<Result<'session.start'>> {
  return control.call('session.start', {
    command: ['bash', 'agent.sh', scene.keyFile, String(scene.collectorPort), paths.controlSocket],
    cwd: scene.workspace,
    workspace: scene.workspace,
    task: 'Gatehouse demo: count the words of the README',
    grants: [],
    // Windows that are open would be asked, and it would wait for them.
    ask: 'deny',
    forMs: demoTimeMaxMs,
    ...splitCallerEnvironment(terminal.environment),
    environment: {},
    limits: { wallTimeMs: demoTimeMaxMs },
  });
}

/** Hands out what the agent prints line by line, and returns all of it with how the session ended. */
async function listen(
  { paths }: Stage,
  started: Result<'session.start'>,
  onLine: (line: string) => void,
): Promise<{ said: string; end: SessionEnd }> {
  const stream = await openStream(paths, started.streamToken);
  const decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };
  let said = '';
  let open = '';
  stream.onOutput((name, bytes) => {
    const text = decoders[name].decode(bytes, { stream: true });
    if (said.length < saidCharactersMax) said += text;
    const lines = (open + text).split('\n');
    open = lines.pop() ?? '';
    for (const line of lines) onLine(line);
  });
  stream.end();
  const end = await stream.ended;
  if (open !== '') onLine(open);
  return { said, end };
}

function closing(checks: readonly DemoCheck[], id: string, columns: number): string {
  const broken = checks.filter(({ held }) => !held);
  const text =
    broken.length === 0
      ? 'All of it held. The agent worked at full speed on one folder; the rest of your machine was not there for it, and the only ' +
        `way out asked Gatehouse first. Read it again with \`gatehouse log session:${id}\`, and ask \`gatehouse why\` with a number ` +
        'from the list. Now with a real agent: `gatehouse run -- claude`.'
      : `Not everything held (${broken.map((check) => check.id).join(', ')}), so do not rely on these walls yet. ` +
        '`gatehouse doctor` tells what this machine lacks.';
  return wrap(text, columns).join('\n');
}

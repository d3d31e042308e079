import { readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type AuditEvent, auditEventSchema } from '#contract/audit.ts';
import { type ScriptedModel, type Step, startScriptedModel } from '../fixtures/model/scripted-model.mjs';
import { type AgentDrive, driveAgent, keyForModel } from '../helpers/agents/drive-agent.ts';
import { type AgentPackage, installAgent, wantedPackages } from '../helpers/agents/install-agents.ts';
import { put, putScript } from '../helpers/agents/temp-folders.ts';
import { openTerminal } from '../helpers/agents/terminal.ts';
import { distFolder, parseJsonLines } from '../helpers/gatehouse.ts';
import { eventually } from '../helpers/poll.ts';
import { openTempHome, type TempHome } from '../helpers/temp-home.ts';

/** Only ends what hangs: installing an agent takes most of it. */
const deadlineMs = 900_000;
const runDeadlineMs = 240_000;
const final = 'FINISHED-SCRIPT';
const keyCanary = 'canary-of-a-private-key';

interface Scene {
  readonly place: TempHome;
  readonly model: ScriptedModel;
  readonly elsewhere: Elsewhere;
  readonly drive: AgentDrive;
  /** `gatehouse run` and its options, up to the agent's command. */
  readonly run: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

const scenes: Scene[] = [];
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close();
});

/** A server on the host's loopback that nobody granted. */
interface Elsewhere {
  readonly port: number;
  readonly requests: string[];
  readonly server: Server;
}

async function startElsewhere(): Promise<Elsewhere> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? '');
    response.end('reached');
  });
  server.on('connection', () => requests.push('(a connection)'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it listens on a port');
  return { port: address.port, requests, server };
}

async function openScene(agent: AgentPackage): Promise<Scene> {
  const command = await installAgent(agent);
  const place = await openTempHome();
  const elsewhere = await startElsewhere();
  await put(path.join(place.home, '.ssh', 'id_ed25519'), `${keyCanary}\n`, 0o600);
  await put(path.join(place.workspace, 'notes.txt'), 'hello world\n');
  const bins = ['.nvm/versions/node/v99.0.0/bin', '.cargo/bin'].map((folder) => path.join(place.home, folder));
  await putScript(path.join(bins[0] ?? '', 'node'), '#!/bin/sh\necho node-of-the-home\n');
  await putScript(path.join(bins[1] ?? '', 'cargo-like'), '#!/bin/sh\necho cargo-of-the-home\n');
  const model = await startScriptedModel({ steps: stepsFor(place.workspace), final });
  await putScript(path.join(place.workspace, 'probe.sh'), probeScript(place, elsewhere.port, model.port));
  const drive = driveAgent(agent, model);
  const variables = Object.entries(drive.variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]);
  const searched = [path.dirname(process.execPath), '/usr/local/bin', '/usr/bin', '/bin', ...bins].join(':');
  const environment = { ...place.environment, PATH: searched };
  // Nobody sits at this terminal: a question would be waited for with the agent's whole patience.
  const granted = ['--ask', 'deny', '--grant', `net.connect:127.0.0.1:${model.port}`, ...variables];
  const run = ['run', ...granted, '--', command];
  if (drive.before !== undefined) {
    const set = ['run', '--agent', agent.preset, ...granted, '--', ...drive.before(command)];
    const done = await place.run(set, { environment, deadlineMs: runDeadlineMs });
    if (done.status !== 0) throw new Error(`${agent.preset} took no settings: ${done.stdout}\n${done.stderr}`);
  }
  const close = async () => {
    await place.close();
    await model.close();
    elsewhere.server.closeAllConnections();
    await new Promise((resolve) => elsewhere.server.close(resolve));
  };
  const scene = { place, model, elsewhere, drive, run, environment, close };
  scenes.push(scene);
  return scene;
}

const stepsFor = (workspace: string): Step[] => [
  { shell: 'bash ./probe.sh' },
  { write: { path: path.join(workspace, 'written.txt'), content: 'written by the agent\n' } },
  { read: path.join(workspace, 'notes.txt') },
  { edit: { path: path.join(workspace, 'notes.txt'), before: 'hello world', after: 'goodbye world' } },
];

/** What the agent's shell tries. Each line's outcome goes to a file of its own, so that the screen need not be read. */
function probeScript(place: TempHome, elsewherePort: number, modelPort: number): string {
  const key = path.join(place.home, '.ssh', 'id_ed25519');
  const ask = (port: number, file: string) =>
    [
      'exec 3<>"/dev/tcp/127.0.0.1/$(printf %s "$HTTP_PROXY" | sed s/.*://)"',
      `printf 'GET http://127.0.0.1:${port}/v1/models HTTP/1.1\\r\\nHost: 127.0.0.1:${port}\\r\\nConnection: close\\r\\n\\r\\n' >&3`,
      `cat <&3 >${file}`,
      'exec 3>&-',
    ].join('\n');
  return [
    '#!/bin/bash',
    'mkdir -p out',
    'cat notes.txt >out/control.txt 2>&1',
    'cat ~/.ssh/id_ed25519 >out/key-tilde.txt 2>&1',
    `cat '${key}' >out/key-absolute.txt 2>&1`,
    `ls -la '${path.dirname(key)}' >out/key-folder.txt 2>&1`,
    'env >out/environment.txt',
    '~/.nvm/versions/node/v99.0.0/bin/node >out/node.txt 2>&1',
    'cargo-like >out/cargo.txt 2>&1',
    `(exec 4<>/dev/tcp/127.0.0.1/${elsewherePort}) >out/direct.txt 2>&1; echo "status $?" >>out/direct.txt`,
    ask(elsewherePort, 'out/denied.txt'),
    ask(modelPort, 'out/granted.txt'),
    'echo done >out/finished.txt',
    '',
  ].join('\n');
}

const output = (scene: Scene, name: string) => readFile(path.join(scene.place.workspace, 'out', name), 'utf8');

/** What must hold after any run, whatever the agent and the kind of input and output. */
async function expectWork(scene: Scene): Promise<void> {
  const { place, model, elsewhere } = scene;
  expect(model.results.length).toBe(4);
  expect(await output(scene, 'finished.txt')).toBe('done\n');
  expect(await output(scene, 'control.txt')).toBe('hello world\n');
  expect(await readFile(path.join(place.workspace, 'written.txt'), 'utf8')).toBe('written by the agent\n');
  expect(await readFile(path.join(place.workspace, 'notes.txt'), 'utf8')).toBe('goodbye world\n');
  for (const name of ['key-tilde.txt', 'key-absolute.txt', 'key-folder.txt']) {
    expect(await output(scene, name)).toMatch(/No such file or directory|Permission denied/u);
  }
  expect(JSON.stringify(model.requests)).not.toContain(keyCanary);
  expect(await output(scene, 'node.txt')).toBe('node-of-the-home\n');
  expect(await output(scene, 'cargo.txt')).toBe('cargo-of-the-home\n');
  expect(await output(scene, 'direct.txt')).not.toContain('status 0');
  expect(await output(scene, 'granted.txt')).toContain('HTTP/1.1 200');
  expect(await output(scene, 'denied.txt')).toContain('HTTP/1.1 403');
  expect(await output(scene, 'denied.txt')).toContain(`net.connect:127.0.0.1:${elsewhere.port}`);
  expect(elsewhere.requests).toEqual([]);
  // Whatever the agent keeps for itself went to its private home.
  expect((await readdir(place.home)).sort()).toEqual(['.cargo', '.nvm', '.ssh', 'project']);
}

async function expectRecord(scene: Scene, agent: AgentPackage): Promise<void> {
  const { place, elsewhere, model } = scene;
  const listed = await place.run(['log', '--json', '--limit', '10000']);
  const events = parseJsonLines(listed.stdout).map((line) => auditEventSchema.parse(line));
  const started = events.findLast((event) => event.kind === 'session.starting');
  const session = events.filter((event) => event.session !== undefined && event.session === started?.session);
  expect([...new Set(session.map((event) => event.agent))]).toEqual([agent.preset]);
  const kinds = session.map((event) => event.kind);
  const lifecycle = ['session.starting', 'session.started', 'session.ended'] as const;
  expect(kinds.filter((kind) => lifecycle.some((one) => one === kind))).toEqual(lifecycle);
  const denied = session.filter((event) => event.kind === 'decision' && isHost(event, elsewhere.port));
  expect(denied.length).toBeGreaterThan(0);
  expect(denied.every((event) => event.decision === 'deny')).toBe(true);
  expect(session.some((event) => event.kind === 'connection.opened' && isHost(event, model.port))).toBe(true);
  const changed = session.filter((event) => event.kind === 'workspace.changed').map((event) => event.detail['path']);
  expect(changed).toEqual(expect.arrayContaining(['written.txt', 'notes.txt', 'out/finished.txt']));
  expect((await place.run(['log', 'verify'])).status).toBe(0);
  const why = await place.run(['why', String(denied[0]?.seq)]);
  expect(why.stdout).toContain('base.cedar#new-host');
  expect(why.stdout).toContain(`--grant net.connect:127.0.0.1:${elsewhere.port}`);
}

/** The key reached the model and stands nowhere in Gatehouse's own state; the private homes are the agents' own. */
async function expectKeyUnrecorded({ place, model }: Scene): Promise<void> {
  expect(JSON.stringify(model.requests.map((request) => request.headers))).toContain(keyForModel);
  const entries = await readdir(place.state, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const own = files.filter((file) => !file.split(path.sep).includes('homes'));
  expect(own.length).toBeGreaterThan(0);
  for (const file of own) expect((await readFile(file)).includes(keyForModel), file).toBe(false);
}

function isHost(event: AuditEvent, port: number): boolean {
  const { resource } = event;
  return (
    (resource?.kind === 'host' || resource?.kind === 'url') && resource.host === '127.0.0.1' && resource.port === port
  );
}

describe.each(wantedPackages())('$package $version inside the walls', (agent) => {
  it('[RUN-1] [RUN-2] [RUN-7] [GRT-1] [GRT-4] [GRT-5] [AUD-1] [AUD-5] works through pipes, on the project alone, all on record', {
    timeout: deadlineMs,
  }, async () => {
    const scene = await openScene(agent);
    const finished = await scene.place.run([...scene.run, ...scene.drive.piped], {
      environment: scene.environment,
      deadlineMs: runDeadlineMs,
    });
    expect(finished.stdout, finished.stderr).toContain(final);
    expect(finished.status).toBe(0);
    await expectWork(scene);
    await expectRecord(scene, agent);
    await expectKeyUnrecorded(scene);
  });

  it('[RUN-1] [RUN-2] [RUN-7] [GRT-1] works in a terminal, full screen, and ends by Ctrl-C', {
    timeout: deadlineMs,
  }, async () => {
    const scene = await openScene(agent);
    const terminal = openTerminal({
      command: process.execPath,
      args: [path.join(distFolder, 'gatehouse.js'), ...scene.run, ...scene.drive.interactive],
      cwd: scene.place.workspace,
      environment: { ...scene.environment, COLORTERM: 'truecolor' },
    });
    let ended = false;
    void terminal.exited.then(() => {
      ended = true;
    });
    try {
      await untilFinished(terminal, () => ended, scene.drive.keys?.enter ?? '\r');
      await expectWork(scene);
      await eventually(
        () => {
          // Agents want it twice, within a second or so.
          terminal.type(scene.drive.keys?.interrupt ?? '\x03');
          return ended;
        },
        { what: `the agent to end; screen: ${terminal.text().slice(-2000)}`, deadlineMs: runDeadlineMs },
      );
    } finally {
      if (!ended) terminal.kill();
    }
    await expectRecord(scene, agent);
  });
});

/** Some draw a text in pieces, with frames between. */
const finalDrawn = new RegExp([...final].join('\\W*'), 'u');

async function untilFinished(
  terminal: ReturnType<typeof openTerminal>,
  hasEnded: () => boolean,
  enter: string,
): Promise<void> {
  let trusted = false;
  await eventually(
    () => {
      const text = terminal.text();
      // Claude Code and Copilot ask once whether the folder is trusted; the first answer is yes.
      if (!trusted && /Yes,\s*(I\s*trust|proceed)|Yes,\s*and\s*remember\s*this\s*folder/iu.test(text)) {
        trusted = true;
        terminal.type(enter);
      }
      return hasEnded() || finalDrawn.test(text);
    },
    { what: 'the final text on the screen', deadlineMs: runDeadlineMs },
  );
  if (hasEnded()) throw new Error(`the agent ended by itself: ${terminal.text().slice(-2000)}`);
}

import { buildBubblewrapArguments } from '../../../core/sandbox/bubblewrap-arguments.ts';
import { exposedSocketPath } from '../../../core/sandbox/exposed-socket.ts';
import type { SandboxPlan } from '../../../core/sandbox/plan.ts';
import type { SandboxRequest } from '../../../core/sandbox/sandbox.ts';

/** The most a configuration may measure; `CONFIG_BYTES_MAX` in `portcullis/config.h`. */
export const configurationBytesMax = 8 * 1024 * 1024;

type PortcullisRecord = readonly [key: string, value: string];

function stageRecords(plan: SandboxPlan): PortcullisRecord[] {
  return plan.stages.flatMap((stage): PortcullisRecord[] => [
    ['stage', stage.mode],
    ...(stage.source === undefined ? [] : [['stage.source', stage.source] as const]),
    ...(stage.text === undefined ? [] : [['stage.text', stage.text] as const]),
    ...(stage.parent === undefined ? [] : [['stage.parent', String(stage.parent)] as const]),
    ...(stage.at === undefined ? [] : [['stage.at', stage.at] as const]),
    ...(stage.create === true ? [['stage.create', ''] as const] : []),
  ]);
}

function limitRecords(request: SandboxRequest): PortcullisRecord[] {
  const { openFiles, processes, memoryBytes } = request.limits;
  const limits: [string, number | undefined][] = [
    ['init.limit.files', openFiles],
    ['init.limit.processes', processes],
    ['init.limit.memory', memoryBytes],
  ];
  return limits.flatMap(([key, value]) => (value === undefined ? [] : [[key, String(value)] as const]));
}

function initRecords(request: SandboxRequest, plan: SandboxPlan): PortcullisRecord[] {
  return [
    ['init.path', request.command.path],
    ...request.command.argv.map((argument) => ['init.argv', argument] as const),
    ...Object.entries(request.environment).map(([name, value]) => ['init.env', `${name}=${value}`] as const),
    ['init.cwd', request.cwd],
    ...(request.terminal === undefined ? [] : [['init.terminal', ''] as const]),
    ['init.proxy', String(request.proxyPort)],
    ...request.relays.flatMap(({ host, port }): PortcullisRecord[] => [
      ['init.relay', host],
      ['init.relay.port', String(port)],
    ]),
    ...(request.exposed ?? []).map((port) => ['init.expose', String(port)] as const),
    ...plan.steps.flatMap((step): PortcullisRecord[] =>
      step.op === 'home-link'
        ? [
            ['init.link', step.at],
            ['init.link.target', step.target],
          ]
        : [],
    ),
    ...limitRecords(request),
  ];
}

/**
 * Writes a plan as portcullis reads it: a 32-bit length (little-endian, as every processor portcullis runs on), then `key NUL value NUL` for each record. The command and
 * its environment travel here, not in argument lists, where every process of the user could read them.
 */
export function encodeConfiguration(
  request: SandboxRequest,
  plan: SandboxPlan,
  host: {
    readonly bubblewrapPath: string;
    readonly foreignUid: number | undefined;
    /** Folder of the session's cgroup. */
    readonly cgroup?: string | undefined;
  },
): Buffer {
  const { args, data } = buildBubblewrapArguments(plan);
  const records: PortcullisRecord[] = [
    ['bubblewrap', host.bubblewrapPath],
    ...(host.foreignUid === undefined ? [] : [['foreign', String(host.foreignUid)] as const]),
    ...(host.cgroup === undefined ? [] : [['cgroup', host.cgroup] as const]),
    ...(request.terminal === undefined ? [['pipes', request.runtimeFolder] as const] : []),
    // In the order of `init.expose`: the n-th socket is the n-th port's.
    ...(request.exposed ?? []).map((port) => ['exposed', exposedSocketPath(request.runtimeFolder, port)] as const),
    ...stageRecords(plan),
    ...args.map((argument) => ['arg', argument] as const),
    ...data.map((content) => ['data', content] as const),
    ...initRecords(request, plan),
  ];
  const body = Buffer.from(records.map(([key, value]) => `${key}\0${value}\0`).join(''), 'utf8');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([length, body]);
}

import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';
import { operatingError } from '#contract/operating-error.ts';
import type { Exit } from '#contract/session.ts';
import type { SandboxedProcess, SandboxRequest } from '../../../core/sandbox/sandbox.ts';
import { type Holder, type HolderReport, startHolder } from './holder.ts';
import { type OutputHandler, pumpOutput } from './output-pump.ts';
import { pipeStreams, type SessionStreams, terminalStreams } from './session-streams.ts';

/** How long building the walls and executing the command may take; a launch takes some 20 ms. */
const launchMsMax = 60_000;

type Failure = Extract<HolderReport, { kind: 'failed' }>;

function errnoText(errno: number): string | undefined {
  const [name, text] = getSystemErrorMap().get(-errno) ?? [];
  return name === undefined ? undefined : `${text} (${name})`;
}

/** Words for each step that can fail; the rest is described by its name. */
const stepWords: Readonly<Record<string, string>> = {
  namespaces: 'Namespaces could not be made',
  open: 'A folder of the session could not be opened without following links',
  'mount-point': 'A place in the session home could not be made',
  clone: 'A folder of the session could not be cloned',
  attach: 'A folder of the session could not be attached',
  staging: 'The staging folder could not be made',
  pipes: 'The pipes of the session could not be made',
  bubblewrap: 'bubblewrap failed',
  folder: 'The working folder cannot be entered',
  terminal: 'The terminal could not be taken over',
  'proxy-port': 'The proxy port could not be opened inside',
  'relay-port': 'A granted loopback port could not be opened inside',
  exposed: 'The way to an exposed port could not be opened',
  cgroup: 'The cgroup of the session could not be entered',
  limits: 'The limits could not be set',
  seccomp: 'The system call filter could not be installed',
};

/** Descriptors, of this process or of the system, and memory. */
const exhaustion: readonly number[] = [constants.errno.EMFILE, constants.errno.ENFILE, constants.errno.ENOMEM];

function failureError(failure: Failure, request: SandboxRequest) {
  const reason = [errnoText(failure.errno), failure.text]
    .filter((part) => part !== undefined && part !== '')
    .join(': ');
  const enoent = constants.errno.ENOENT;
  if (failure.step === 'execute') {
    const missing = failure.errno === enoent || failure.errno === constants.errno.ENOTDIR;
    return operatingError(
      missing ? 'command_not_found' : 'sandbox_failed',
      `${request.command.path} could not be executed.`,
      { why: missing ? 'It, or the interpreter it names, does not exist inside the sandbox.' : reason },
    );
  }
  // Whatever step it was, that is not what is wrong.
  if (exhaustion.includes(failure.errno)) {
    return operatingError('sandbox_failed', 'The session could not be built: something ran out.', {
      why: `${stepWords[failure.step] ?? `The step ${failure.step} failed`}: ${reason}.`,
      remedy: 'Stop other sessions; `gatehouse doctor` shows how many files Gatehouse may open.',
    });
  }
  if (failure.step === 'idmap') {
    return operatingError('sandbox_failed', `${failure.text} cannot be shown to a session of root.`, {
      why: `Its file system cannot be id-mapped (${errnoText(failure.errno) ?? 'unknown reason'}), so the session would need root's own uid.`,
      remedy: 'Run Gatehouse as an ordinary user, or keep the folder on ext4, xfs, btrfs or tmpfs (kernel 6.3).',
    });
  }
  return operatingError('sandbox_failed', `${stepWords[failure.step] ?? `The step ${failure.step} failed`}.`, {
    why: reason === '' ? undefined : reason,
  });
}

function signalName(number: number): string | undefined {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0];
}

/** A session's exit as a shell reports it. A holder that ended without a word was killed, and so was everything in it. */
function exitOf(report: HolderReport | undefined): Exit {
  if (report?.kind === 'exited') return { status: report.value };
  if (report?.kind === 'signaled') {
    const name = signalName(report.value);
    return name === undefined ? { status: 128 + report.value } : { status: 128 + report.value, signal: name };
  }
  return { status: 128 + constants.signals.SIGKILL, signal: 'SIGKILL' };
}

function write(streams: SessionStreams, bytes: Uint8Array): Promise<void> {
  const input = streams.input();
  if (input === undefined || !input.writable) return Promise.resolve();
  // An agent that has closed its input is not an error of the writer's; its exit tells.
  return new Promise((resolve) => input.write(bytes, () => resolve()));
}

/** A session without what its cgroup adds. */
export type LaunchedProcess = Omit<SandboxedProcess, 'heldBy' | 'onLimit' | 'cpuTimeMs' | 'processes'>;

interface Started {
  readonly holder: Holder;
  readonly streams: SessionStreams;
  readonly lastReport: () => HolderReport | undefined;
}

function sessionProcess({ holder, streams, lastReport }: Started): LaunchedProcess {
  let handler: OutputHandler | undefined;
  const delivered = new Promise<unknown[]>((resolve) => {
    // After the caller had its chance to set the handler.
    setImmediate(() => {
      resolve(Promise.all(streams.outputs().map(({ name, source }) => pumpOutput(source, name, () => handler))));
    });
  });
  return {
    pid: holder.pid,
    write: (bytes) => write(streams, bytes),
    end: streams.end,
    resize: streams.resize,
    onOutput: (chosen) => {
      handler = chosen;
    },
    signal: (name) => holder.signal(constants.signals[`SIG${name}`]),
    terminate: holder.terminate,
    kill: holder.kill,
    pause: holder.pause,
    resume: holder.resume,
    ended: Promise.all([holder.closed, delivered]).then(([, failures]) => {
      streams.destroy();
      const failure = failures.find((found) => found !== undefined);
      if (failure !== undefined) throw failure;
      return exitOf(lastReport());
    }),
  };
}

/** Starts the holder and waits until the command has been executed inside, or nothing is left of the attempt. */
export async function launchSession(
  portcullisPath: string,
  configuration: Uint8Array,
  request: SandboxRequest,
): Promise<LaunchedProcess> {
  const streams =
    request.terminal === undefined ? pipeStreams(request.runtimeFolder) : terminalStreams(request.terminal);
  try {
    return await startSession(portcullisPath, configuration, request, streams);
  } catch (error) {
    streams.destroy();
    throw error;
  }
}

async function startSession(
  portcullisPath: string,
  configuration: Uint8Array,
  request: SandboxRequest,
  streams: SessionStreams,
): Promise<LaunchedProcess> {
  const started = Promise.withResolvers<void>();
  let last: HolderReport | undefined;
  let failure: Failure | undefined;
  let pipesFailure: unknown;
  let pipesOpen = false;
  // The holder may speak before its handle is here.
  const opened = () => {
    pipesOpen = true;
    holder?.streamsOpen();
  };
  let holder: Holder | undefined;
  holder = await startHolder(portcullisPath, configuration, streams, (report) => {
    if (report.kind === 'pipes') {
      try {
        streams.open();
        opened();
      } catch (error) {
        pipesFailure = error;
        holder?.kill();
      }
    } else if (report.kind === 'started') started.resolve();
    else if (report.kind === 'failed') failure = report;
    else if (report.kind !== 'gone') last = report;
  });
  if (pipesOpen) holder.streamsOpen();
  const { closed, kill } = holder;
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    kill();
  }, launchMsMax);
  const outcome = await Promise.race([
    started.promise.then(() => 'started' as const),
    closed.then(() => 'closed' as const),
  ]);
  clearTimeout(timer);
  if (outcome === 'started' && !late && pipesFailure === undefined) {
    return sessionProcess({ holder, streams, lastReport: () => last });
  }
  kill();
  await closed;
  if (failure !== undefined && pipesFailure === undefined) throw failureError(failure, request);
  throw operatingError('sandbox_failed', 'The sandbox ended before the command was started.', {
    why: late
      ? `It took more than ${launchMsMax / 1000} s, for example on a file system that does not answer.`
      : undefined,
    cause: pipesFailure,
  });
}

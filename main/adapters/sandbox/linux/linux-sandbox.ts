/**
 * Guarantee: a command runs inside complete walls or not at all. Every mechanism the walls stand on is tried before the first
 * session; whatever is missing refuses with its remedy, and nothing weaker takes its place.
 *
 * Threat: an agent that runs arbitrary code inside as fast as it can, and a host on which a mechanism is missing, switched off
 * or only seems to be there.
 *
 * Limits: the kernel itself. Without delegated cgroups, memory is bounded per process and not for the session as a whole;
 * doctor and the record of each session say what holds its limits.
 */
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import type { Mechanism } from '#contract/doctor.ts';
import { operatingError } from '#contract/operating-error.ts';
import { buildPlan } from '../../../core/sandbox/plan.ts';
import type {
  InsideDelegation,
  LimitHolder,
  LimitHolders,
  Sandbox,
  SandboxedProcess,
  SandboxRequest,
} from '../../../core/sandbox/sandbox.ts';
import type { Controller } from './cgroup-place.ts';
import { Cgroups } from './cgroups.ts';
import { takeForeignUid } from './foreign-uid.ts';
import { gatherRequestFacts, gatherStableFacts, type StableHostFacts } from './host-facts.ts';
import { launchSession } from './launch-session.ts';
import { configurationBytesMax, encodeConfiguration } from './portcullis-configuration.ts';
import { type Bubblewrap, findBubblewrap, probeMechanisms } from './probe-mechanisms.ts';
import { processorTime } from './processor-time.ts';
import type { SessionCgroup } from './session-cgroup.ts';
import { countProcesses } from './session-processes.ts';

export interface LinuxSandboxOptions {
  /** The native program, readable and executable by everybody. */
  readonly portcullisPath: string;
  /** Folder on the file system that holds the sessions' homes; id-mapping is tried there for root. Default: portcullis's own. */
  readonly stateFolder?: string;
}

interface Ready {
  readonly bubblewrap: Bubblewrap;
  readonly facts: StableHostFacts;
}

/** A folder that is ours may be reached through links (a linked home); below it nothing is followed. */
async function withRealFolders(request: SandboxRequest): Promise<SandboxRequest> {
  try {
    const { egressSocket } = request;
    const [homeStore, runtimeFolder, socketFolder] = await Promise.all([
      realpath(request.homeStore),
      realpath(request.runtimeFolder),
      egressSocket === undefined ? '' : realpath(path.dirname(egressSocket)),
    ]);
    return {
      ...request,
      homeStore,
      runtimeFolder,
      ...(egressSocket === undefined ? {} : { egressSocket: path.join(socketFolder, path.basename(egressSocket)) }),
      ...(request.delegation === undefined ? {} : { delegation: await realDelegation(request.delegation) }),
    };
  } catch (cause) {
    throw operatingError('sandbox_failed', 'A folder of the session does not exist.', {
      why: cause instanceof Error ? cause.message : undefined,
      cause,
    });
  }
}

async function realDelegation({ socket, folder, node }: InsideDelegation): Promise<InsideDelegation> {
  const place = await realpath(path.dirname(socket));
  return {
    socket: path.join(place, path.basename(socket)),
    folder: await realpath(folder),
    node: await realpath(node),
  };
}

async function becomeReady(mechanisms: readonly Mechanism[]): Promise<Ready> {
  const missing = mechanisms.filter(({ state }) => state === 'missing');
  const [first] = missing;
  const bubblewrap = await findBubblewrap();
  if (first !== undefined || bubblewrap === undefined) {
    throw operatingError('sandbox_unavailable', 'Sessions cannot be started on this machine.', {
      why: missing.map(({ title, detail }) => `${title}: ${detail}`).join(' '),
      remedy: missing.flatMap(({ remedy }) => remedy ?? []).join(' ') || undefined,
    });
  }
  return { bubblewrap, facts: gatherStableFacts(bubblewrap.version) };
}

/** Resource limits are set besides a cgroup's, so that what the kernel should lose is still bounded. */
function holdersOf({ limits }: SandboxRequest, cgroup: SessionCgroup | undefined): LimitHolders {
  const holder = (controller: Controller): LimitHolder =>
    cgroup?.held.includes(controller) === true ? 'cgroup' : 'rlimit';
  return {
    ...(limits.memoryBytes === undefined ? {} : { memory: holder('memory') }),
    ...(limits.processes === undefined ? {} : { processes: holder('pids') }),
    ...(limits.openFiles === undefined ? {} : { openFiles: 'rlimit' }),
  };
}

/** The sandbox of Linux: bubblewrap between portcullis outside and portcullis inside. */
export function createLinuxSandbox(options: LinuxSandboxOptions): Sandbox {
  const { portcullisPath, stateFolder = path.dirname(portcullisPath) } = options;
  const cgroups = new Cgroups();
  const probe = () => probeMechanisms(portcullisPath, stateFolder, cgroups.mechanism());
  let ready: Promise<Ready> | undefined;
  /** Probed once; a machine that was not ready is probed again, since somebody may have followed the remedy. */
  const whenReady = () => {
    ready ??= probe()
      .then(becomeReady)
      .catch((error) => {
        ready = undefined;
        throw error;
      });
    return ready;
  };

  async function launch(asked: SandboxRequest): Promise<SandboxedProcess> {
    const { bubblewrap, facts } = await whenReady();
    const request = await withRealFolders(asked);
    const plan = buildPlan(request, gatherRequestFacts(facts, request));
    const cgroup = await cgroups.make(request);
    const foreign = request.caller.uid === 0 ? takeForeignUid(request.sessionId) : undefined;
    try {
      const host = { bubblewrapPath: bubblewrap.path, foreignUid: foreign?.uid, cgroup: cgroup?.folder };
      const configuration = encodeConfiguration(request, plan, host);
      if (configuration.length > configurationBytesMax) {
        throw operatingError('too_many', 'The command, its environment and its folders are too much for one session.');
      }
      const session = await launchSession(portcullisPath, configuration, request);
      const release = async () => {
        foreign?.release();
        await cgroup?.finish();
      };
      return {
        ...session,
        cpuTimeMs: () => processorTime(session.pid, cgroup?.folder),
        processes: () => countProcesses(session.pid, cgroup?.folder),
        heldBy: holdersOf(request, cgroup),
        onLimit: (handler) => cgroup?.follow(handler),
        ended: session.ended.finally(release),
      };
    } catch (error) {
      foreign?.release();
      await cgroup?.finish();
      throw error;
    }
  }

  return { probe, launch };
}

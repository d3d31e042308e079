import type { Mechanism } from '#contract/doctor.ts';
import type { ErrorData } from '#contract/errors.ts';
import { type ControlClient, connectControl } from '../adapters/control/client.ts';
import { type StatePaths, statePaths } from '../adapters/control/paths.ts';
import { diskSpaceMechanism, stateMechanism } from '../adapters/state/state-mechanisms.ts';
import { silentMs } from './connection.ts';
import { errorDataOf } from './failure.ts';
import { shimMechanism } from './shim-status.ts';
import type { Terminal } from './terminal.ts';
import { probeWalls } from './walls.ts';

/** Node before this crashes in better-sqlite3 13. */
const nodeVersionMin = [22, 14] as const;

/**
 * Everything Gatehouse stands on, with its state. A running supervisor is asked, because its surroundings are what counts; without one
 * the checks run here, so that they also work where it cannot start.
 */
export async function checkMachine(terminal: Terminal): Promise<readonly Mechanism[]> {
  const paths = findPaths(terminal);
  const shims = 'state' in paths ? [await shimMechanism(terminal, paths.shims)] : [];
  const own = [checkNode(process.versions.node), ...checkState(paths), ...shims];
  const control = await findControl(paths);
  if (control === undefined) {
    return [...own, ...(await probeWalls('state' in paths ? paths.state : undefined)), noSupervisor];
  }
  try {
    const { mechanisms } = await control.call('doctor.check', {});
    return [...own.filter(({ id }) => mechanisms.every((found) => found.id !== id)), ...mechanisms];
  } catch (error) {
    const data = errorDataOf(error);
    if (data?.code !== 'supervisor_silent' || !('state' in paths)) throw error;
    return [...own, ...(await probeWalls(paths.state)), silentSupervisor(data)];
  } finally {
    control.close();
  }
}

/** Whether this Node is new enough. */
export function checkNode(version: string): Mechanism {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > nodeVersionMin[0] || (major === nodeVersionMin[0] && minor >= nodeVersionMin[1]);
  const mechanism: Mechanism = { id: 'node', title: 'Node', state: 'ok', detail: `Version ${version}.` };
  if (enough) return mechanism;
  return {
    ...mechanism,
    state: 'missing',
    detail: `This is Node ${version}; ${nodeVersionMin.join('.')} or newer is needed.`,
    remedy: 'Start it through npm (`npm start`), which brings its own.',
  };
}

/** The paths, or what is wrong with how they are named. */
function findPaths(terminal: Terminal): StatePaths | ErrorData {
  try {
    return statePaths(terminal.environment);
  } catch (error) {
    const data = errorDataOf(error);
    if (data === undefined) throw error;
    return data;
  }
}

function checkState(paths: StatePaths | ErrorData): Mechanism[] {
  if (!('code' in paths)) return [stateMechanism(paths.state), diskSpaceMechanism(paths.state)];
  const { what, remedy } = paths;
  return [
    { id: 'state', title: 'State folder', state: 'missing', detail: what, ...(remedy !== undefined && { remedy }) },
  ];
}

/** Stands for what only a running supervisor can look at. */
const noSupervisor: Mechanism = {
  id: 'supervisor',
  title: 'Supervisor',
  state: 'unused',
  detail:
    'None runs now; the first `gatehouse run` starts it. Its policies, record, keystore and way out are looked at when one does.',
};

function silentSupervisor({ what, why, remedy }: ErrorData): Mechanism {
  const detail = [what, why].filter(Boolean).join(' ');
  return { id: 'supervisor', title: 'Supervisor', state: 'missing', detail, ...(remedy !== undefined && { remedy }) };
}

async function findControl(paths: StatePaths | ErrorData): Promise<ControlClient | undefined> {
  if ('code' in paths) return undefined;
  try {
    return await connectControl(paths, { silentMs });
  } catch (error) {
    // None runs, or none can: both are answered by looking from here.
    if (errorDataOf(error) !== undefined) return undefined;
    throw error;
  }
}

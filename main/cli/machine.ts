import { existsSync, lstatSync } from 'node:fs';
import { homedir } from 'node:os';
import type { Mechanism } from '#contract/doctor.ts';
import { type ControlClient, connectControl } from '../adapters/control/client.ts';
import { type StatePaths, statePaths } from '../adapters/control/paths.ts';
import { errorDataOf } from './failure.ts';
import { homePath } from './render/home-path.ts';
import type { Terminal } from './terminal.ts';
import { probeWalls } from './walls.ts';

/** Node before this crashes in better-sqlite3 13. */
const nodeVersionMin = [22, 14] as const;

/**
 * Everything Gatehouse stands on, with its state. A running supervisor is asked, because its surroundings are what counts; without one
 * the checks run here, so that they also work where it cannot start.
 */
export async function checkMachine(terminal: Terminal): Promise<readonly Mechanism[]> {
  const own = [checkNode(process.versions.node), checkState(terminal)];
  const control = await findControl(terminal);
  if (control === undefined) return [...own, ...(await probeWalls())];
  try {
    const { mechanisms } = await control.call('doctor.check', {});
    return [...own.filter(({ id }) => mechanisms.every((found) => found.id !== id)), ...mechanisms];
  } finally {
    control.close();
  }
}

/** Whether this Node is new enough. */
export function checkNode(version: string): Mechanism {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const enough = major > nodeVersionMin[0] || (major === nodeVersionMin[0] && minor >= nodeVersionMin[1]);
  const mechanism: Mechanism = { id: 'node', title: 'Node', state: 'ok', detail: `Node ${version}.` };
  if (enough) return mechanism;
  return {
    ...mechanism,
    state: 'missing',
    detail: `This is Node ${version}; ${nodeVersionMin.join('.')} or newer is needed.`,
    remedy: 'Start it through npm (`npm start`), which brings its own.',
  };
}

/** Whether Gatehouse's own folder is there and nobody else can look in. */
function checkState(terminal: Terminal): Mechanism {
  const base = { id: 'state', title: 'State folder' } as const;
  let paths: StatePaths;
  try {
    paths = statePaths(terminal.environment);
  } catch (error) {
    const data = errorDataOf(error);
    if (data === undefined) throw error;
    return { ...base, state: 'missing', detail: data.what, ...(data.remedy !== undefined && { remedy: data.remedy }) };
  }
  const shown = homePath(paths.state, homedir());
  if (!existsSync(paths.state)) return { ...base, state: 'ok', detail: `${shown} is made at the first start.` };
  const { mode, uid } = lstatSync(paths.state);
  if (uid === process.getuid?.() && (mode & 0o077) === 0)
    return { ...base, state: 'ok', detail: `${shown}, yours alone.` };
  return {
    ...base,
    state: 'missing',
    detail: `${shown} can be read or belongs to somebody else, and the record lies in it.`,
    remedy: `chown it to yourself and \`chmod 700 ${shown}\`.`,
  };
}

async function findControl(terminal: Terminal): Promise<ControlClient | undefined> {
  try {
    return await connectControl(statePaths(terminal.environment));
  } catch (error) {
    // None runs, or none can: both are answered by looking from here.
    if (errorDataOf(error) !== undefined) return undefined;
    throw error;
  }
}

import { guarded } from './guards.ts';
import { insideHostname } from './identity-files.ts';
import type { PlanStep, SandboxPlan } from './plan.ts';

/** bubblewrap's arguments, and the contents it reads from descriptors. */
export interface BubblewrapInvocation {
  /** Without the program's own name and without the command. */
  readonly args: readonly string[];
  /** The n-th is to be readable at descriptor `dataDescriptor + n`. */
  readonly data: readonly string[];
}

/** Where portcullis puts the first content; `FD_DATA` in `portcullis/wire.h`. */
export const dataDescriptor = 100;
/** Where bubblewrap says who its child is; `FD_INFO` in `portcullis/wire.h`. */
export const infoDescriptor = 26;
/** Where portcullis stages trees, in its own mount namespace; `STAGE_FOLDER` in `portcullis/stage.h`. */
export const stageFolder = '/run/gatehouse';

function stepArguments(step: PlanStep, data: string[]): readonly string[] {
  switch (step.op) {
    case 'namespace':
      return [step.flag];
    case 'system-bind':
      return [step.writable ? '--bind' : '--ro-bind', step.path, step.path];
    case 'symlink':
      return ['--symlink', step.target, step.at];
    case 'data':
      data.push(step.content);
      return ['--perms', step.permissions, '--ro-bind-data', String(dataDescriptor + data.length - 1), step.at];
    case 'proc':
    case 'dev':
      return [`--${step.op}`, step.at];
    case 'mask':
      return ['--ro-bind', '/dev/null', step.at];
    case 'tmpfs':
      return [
        ...(step.sizeBytes === undefined ? [] : ['--size', String(step.sizeBytes)]),
        '--perms',
        step.permissions,
        '--tmpfs',
        step.at,
      ];
    case 'remount-read-only':
      return ['--remount-ro', step.at];
    case 'stage-bind':
      return [step.writable ? '--bind' : '--ro-bind', `${stageFolder}/${step.stage}`, step.at];
    // Done by portcullis, before bubblewrap starts and after it has finished.
    case 'stage-nest':
    case 'home-link':
      return [];
  }
}

/** Writes a plan as bubblewrap's arguments, in the plan's order. */
export function buildBubblewrapArguments(plan: SandboxPlan): BubblewrapInvocation {
  const data: string[] = [];
  const args = [
    ...(guarded('die-with-parent') ? ['--die-with-parent'] : []),
    ...(guarded('own-terminal') ? ['--new-session'] : []),
    ...(guarded('pid-namespace') ? ['--as-pid-1'] : []),
    ...(guarded('capability-drop') ? ['--cap-drop', 'ALL'] : ['--cap-add', 'ALL']),
    '--uid',
    String(plan.identity.uid),
    '--gid',
    String(plan.identity.gid),
    '--hostname',
    insideHostname,
    '--info-fd',
    String(infoDescriptor),
  ];
  for (const step of plan.steps) args.push(...stepArguments(step, data));
  return { args, data };
}

import { fetchPages, installPackage, pushChanges, readOutside } from './outside-tasks.ts';
import type { Task } from './task.ts';
import { commit, deleteFolder, edit, readCode, runTests, writeSetting } from './workspace-tasks.ts';

/** The ten, in the order of the table. */
export const tasks: readonly Task[] = [
  readCode,
  edit,
  runTests,
  installPackage,
  commit,
  pushChanges,
  fetchPages,
  readOutside,
  writeSetting,
  deleteFolder,
];

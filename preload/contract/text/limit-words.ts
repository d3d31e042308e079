import type { Limits } from '../session.ts';
import { sizeText } from './size.ts';
import { spanText } from './span.ts';

/** Limits in words, each on its own. */
export function limitWords(limits: Limits): readonly string[] {
  const words: string[] = [];
  if (limits.memoryBytes !== undefined) words.push(`${sizeText(limits.memoryBytes)} of memory`);
  if (limits.wallTimeMs !== undefined) words.push(`${spanText(limits.wallTimeMs)} in all`);
  if (limits.cpuTimeMs !== undefined) words.push(`${spanText(limits.cpuTimeMs)} of processor time`);
  if (limits.outputBytes !== undefined) words.push(`${sizeText(limits.outputBytes)} of output`);
  if (limits.processes !== undefined) words.push(`${limits.processes.toLocaleString('en')} processes`);
  if (limits.openFiles !== undefined) words.push(`${limits.openFiles.toLocaleString('en')} open files a process`);
  return words;
}

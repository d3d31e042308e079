import { operatingError } from '#contract/operating-error.ts';
import { type Programs, runCommandLine } from './programs.ts';

/** Has the command line start a supervisor, and waits until it stands. Throws `supervisor_unreachable` with what it said. */
export async function startSupervisor(programs: Programs): Promise<void> {
  const { status, said } = await runCommandLine(programs, ['supervisor', 'start']);
  if (status === 0) return;
  throw operatingError('supervisor_unreachable', 'The supervisor did not start.', {
    // In a window nobody asks who says it.
    why: said === '' ? undefined : said.replace(/^gatehouse: /u, ''),
    remedy: '`gatehouse doctor` in a terminal tells what is missing.',
  });
}

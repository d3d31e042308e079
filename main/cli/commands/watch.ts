import { withControl } from '../connection.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

/** Opens the live screen. It needs a person at a terminal; everything it shows can be had without one. */
export async function openWatch(terminal: Terminal): Promise<number> {
  const isTerminal = terminal.stdin.isTTY === true && terminal.stdout.isTTY === true;
  if (!isTerminal || terminal.environment['TERM'] === 'dumb') {
    throw new UsageError(
      'The live screen needs a whole terminal, and this is none.',
      '`gatehouse log --follow` prints what happens, and `gatehouse approvals list` what waits.',
    );
  }
  // Before the screen is taken: starting a supervisor may ask for a passphrase, and failing says why.
  await withControl(terminal, async () => {});
  // A bundle of its own, since everything else of the command line loads without a renderer (`.ci/build.mjs`).
  const { watch } = await import('../watch/watch.tsx');
  return watch(terminal);
}

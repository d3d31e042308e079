import type { Terminal } from '../terminal.ts';

/** Lines are cut at the edge instead of going on below (DECAWM): a text of another width than thought moves nothing. */
const withoutWrap = '\x1b[?7l';
/** Wrapping, plain letters, no mouse or paste reports of somebody before us, the cursor. */
const asBefore = '\x1b[?7h\x1b[0m\x1b[?25h';
const enterScreen = '\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J';
/** Out of the alternate screen: written when the renderer could not do it itself. */
const leaveScreen = '\x1b[?1049l';

/** The terminal while the screen has it. */
export interface HeldTerminal {
  /** Takes it again, empty, after somebody else had it: a shell, while this process was stopped. */
  retake(): void;
  /** Gives it back as it was; does nothing the second time. */
  restore(): void;
}

/** Takes the keys of the terminal as they come and keeps its lines from wrapping, until it is given back. */
export function holdTerminal({ stdin, stdout }: Terminal, keys: (bytes: Buffer) => void): HeldTerminal {
  let isHeld = true;
  const restore = () => {
    if (!isHeld) return;
    isHeld = false;
    process.off('exit', restoreAll);
    stdin.off('data', keys);
    stdin.setRawMode?.(false);
    stdin.pause();
    stdout.write(asBefore);
  };
  // Whatever ends this process: the renderer may not have come to leaving its screen.
  const restoreAll = () => {
    if (isHeld) stdout.write(leaveScreen);
    restore();
  };
  stdin.setRawMode?.(true);
  stdin.on('data', keys);
  stdin.resume();
  stdout.write(withoutWrap);
  process.on('exit', restoreAll);
  const retake = () => {
    if (!isHeld) return;
    // Off first: what is on already would be left alone, and the shell has changed it meanwhile.
    stdin.setRawMode?.(false);
    stdin.setRawMode?.(true);
    stdout.write(withoutWrap + enterScreen);
  };
  return { retake, restore };
}

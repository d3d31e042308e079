/**
 * Guarantee: what an agent prints changes nothing outside the box of its terminal: no title, no clipboard, no link that leads anywhere, no
 * window, no file, no memory without end, and no standstill of the page.
 *
 * Threat: escape sequences that set the title (OSC 0–2), write the clipboard (OSC 52), hide an address behind a text (OSC 8), show
 * notifications (OSC 9, 99, 777, 1337), move or report the window (CSI t), answer with text of the agent's choosing, or keep the terminal
 * busy for hours.
 *
 * Limits: inside its box it draws what it likes, also a false prompt; that is why questions come in a window of their own.
 */
import type { ITerminalOptions, Terminal } from '@xterm/xterm';

/** Lines kept above the visible ones. */
const scrollbackLines = 5000;

/** Operating system commands that are swallowed whole. Colours (4, 10 to 12, 104, 110 to 112) stay: they are drawn inside. */
const swallowed = [0, 1, 2, 7, 8, 9, 50, 52, 99, 133, 633, 777, 1337];

/** How every terminal of a session is made. */
export const safeTerminalOptions = {
  allowProposedApi: false,
  scrollback: scrollbackLines,
  // All off, which is the default; written down because it is meant.
  windowOptions: {},
  linkHandler: { activate: () => {}, allowNonHttpProtocols: false },
  rightClickSelectsWord: false,
  logLevel: 'off',
} as const satisfies ITerminalOptions;

/**
 * Commands that are carried out as often as their number says, by what more of them than that would do nothing: tabs (I, Z) and repeats of
 * a letter (b) fill a line, lines and scrolling (L, M, S, T) the screen. Twelve bytes could ask for two thousand million of them.
 */
const counted = { I: 'cols', Z: 'cols', b: 'cols', L: 'rows', M: 'rows', S: 'rows', T: 'rows' } as const;

/** A clean slate (RIS) makes everything anew; another one so soon after, in milliseconds, would change nothing that anybody saw. */
const slateEveryMs = 20;

/** Takes away what the options cannot. Handlers that were registered last are asked first, and `true` ends it there. */
export function makeSafe(terminal: Terminal): void {
  for (const command of swallowed) terminal.parser.registerOscHandler(command, () => true);
  for (const [final, bound] of Object.entries(counted)) {
    terminal.parser.registerCsiHandler({ final }, ([count]) => typeof count === 'number' && count > terminal[bound]);
  }
  let slateAtMs = Number.NEGATIVE_INFINITY;
  terminal.parser.registerEscHandler({ final: 'c' }, () => {
    if (performance.now() - slateAtMs < slateEveryMs) return true;
    slateAtMs = performance.now();
    return false;
  });
  // Window manipulation and reports of the title.
  terminal.parser.registerCsiHandler({ final: 't' }, () => true);
  // Requests for settings: their answers contain what was asked, and would be typed at whatever reads next.
  terminal.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true);
  terminal.parser.registerDcsHandler({ intermediates: '+', final: 'q' }, () => true);
}

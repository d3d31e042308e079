/**
 * Guarantee: what an agent prints changes nothing outside the box of its terminal: no title, no clipboard, no link that leads anywhere, no
 * window, no file, and no memory without end.
 *
 * Threat: escape sequences that set the title (OSC 0–2), write the clipboard (OSC 52), hide an address behind a text (OSC 8), show
 * notifications (OSC 9, 99, 777, 1337), move or report the window (CSI t), or answer with text of the agent's choosing.
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

/** Takes away what the options cannot. Handlers that were registered last are asked first, and `true` ends it there. */
export function makeSafe(terminal: Terminal): void {
  for (const command of swallowed) terminal.parser.registerOscHandler(command, () => true);
  // Window manipulation and reports of the title.
  terminal.parser.registerCsiHandler({ final: 't' }, () => true);
  // Requests for settings: their answers contain what was asked, and would be typed at whatever reads next.
  terminal.parser.registerDcsHandler({ intermediates: '$', final: 'q' }, () => true);
  terminal.parser.registerDcsHandler({ intermediates: '+', final: 'q' }, () => true);
}

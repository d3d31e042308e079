import type { Link } from '#contract/bridge.ts';

/** What the tray knows. */
export interface TrayState {
  /** Sessions that are there, paused ones included. */
  readonly running: number;
  readonly paused: number;
  /** Questions that wait for the person. */
  readonly waiting: number;
  readonly link: Link['state'];
}

/** Entries that do something. */
export type TrayAct = 'open' | 'pause-all' | 'stop-all' | 'quit';

/** An entry of the tray's menu; one without an act is a line to read, one without a label a rule. */
export interface TrayEntry {
  readonly label?: string;
  readonly act?: TrayAct;
  readonly enabled: boolean;
}

/** How things stand, in a few words. */
export function trayStatus({ running, paused, waiting, link }: TrayState): string {
  if (link === 'lost') return 'no supervisor answers, nothing runs';
  if (link === 'silent') return 'the supervisor does not answer';
  if (link === 'connecting') return 'connecting to the supervisor';
  const sessions = running === 0 ? 'no session runs' : sessionsText(running, paused);
  return waiting === 0 ? sessions : `${sessions}, ${waiting} waiting for you`;
}

function sessionsText(running: number, paused: number): string {
  if (paused === 0) return `${plural(running, 'session')} running`;
  return paused === running
    ? `${plural(running, 'session')} paused`
    : `${plural(running, 'session')} running, ${paused} of them paused`;
}

/** The tray's menu. Nothing in it asks back: what stops is quick, and what quits says what goes on. */
export function trayMenu(state: TrayState): readonly TrayEntry[] {
  const { running, paused, waiting, link } = state;
  const isConnected = link === 'connected';
  // Stopping everything ends a supervisor that hangs.
  const isThere = isConnected || link === 'silent';
  return [
    { label: trayStatus(state), enabled: false },
    { enabled: false },
    { label: waiting > 0 ? `Open Gatehouse (${waiting} waiting)` : 'Open Gatehouse', act: 'open', enabled: true },
    { label: 'Pause all sessions', act: 'pause-all', enabled: isConnected && running > paused },
    { label: 'Stop all sessions now', act: 'stop-all', enabled: isThere && running > 0 },
    { enabled: false },
    {
      label:
        isConnected && running > 0
          ? `Quit (${plural(running, 'session')} ${running === 1 ? 'goes' : 'go'} on)`
          : 'Quit',
      act: 'quit',
      enabled: true,
    },
  ];
}

/** `1 session`, `2 sessions`. */
export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

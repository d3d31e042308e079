let wanted: string | undefined;

/** The terminal of a session that the person has just started takes the keys once it is there; no other does by itself. */
export function wantTerminal(session: string): void {
  wanted = session;
}

/** Whether this one was meant. Once. */
export function takesFocus(session: string): boolean {
  if (wanted !== session) return false;
  wanted = undefined;
  return true;
}

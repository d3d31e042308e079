/**
 * Frames of a session's stream: the second socket, beside the control API, that carries terminal and pipe bytes.
 *
 * A client connects to `stream.sock`, sends the token from `session.start` or `session.attach` as one line, and from then on both sides
 * send frames: one byte type, four bytes payload length (big-endian), payload. A payload is at most 64 KiB.
 */
export const frameType = {
  /** client → supervisor: bytes for the agent's standard input. */
  stdin: 1,
  /** client → supervisor: standard input has ended. Empty. */
  stdinEnd: 2,
  /** client → supervisor: new terminal size; two big-endian 16-bit numbers, columns then rows. */
  resize: 3,
  /** client → supervisor: a signal for the agent (pipes only); the name as ASCII: INT, TERM, HUP, QUIT. */
  signal: 4,
  /** client → supervisor: it leaves, and the session goes on. Empty. Answered with `detached`, or with `notice`. */
  detach: 5,
  /** supervisor → client: bytes of standard output, or of the terminal. */
  stdout: 16,
  /** supervisor → client: bytes of standard error (pipes only). */
  stderr: 17,
  /** supervisor → client: the end; JSON of `{exit, endReason, notices}`. The connection closes after it. */
  end: 18,
  /** supervisor → client: it is no longer attached; JSON of `{why}`, `asked` or `behind`. The connection closes after it. */
  detached: 19,
  /** supervisor → client: something to tell the person; JSON of a string. */
  notice: 20,
} as const;
export type FrameType = (typeof frameType)[keyof typeof frameType];

export const framePayloadBytesMax = 65_536;
export const frameHeaderBytes = 5;

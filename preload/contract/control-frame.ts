// Apart from the schemas of `api.ts`, so that a client that only starts a session does not load them.

/** A control message is one line of at most this many bytes. */
export const frameBytesMax = 4 * 1024 * 1024;

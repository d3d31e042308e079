import { z } from 'zod';

/** Every bound of the egress worker. Times in milliseconds, sizes in bytes. */
export const egressBoundsSchema = z.object({
  /** One request head, and the head of a response. */
  headBytes: z.int().min(256),
  /** Reads that one head, or a tunnel's first flight, may come in: each is looked at from the start again. */
  headPieces: z.int().min(1),
  /** Open connections of one session, and of all sessions together. */
  connectionsPerSession: z.int().min(1),
  connections: z.int().min(1),
  /** From a request's first byte to the end of its head; also a SOCKS exchange and a tunnel's first flight. */
  headMs: z.int().min(1),
  /** Between two requests on one client connection. */
  keepAliveMs: z.int().min(1),
  /** No byte in either direction. Long, because models think for minutes before they answer. */
  idleMs: z.int().min(1),
  /** An answer of the supervisor; then it counts as a denial. Longer than any agent is patient while a person is asked. */
  decisionMs: z.int().min(1),
  resolveMs: z.int().min(1),
  /** Addresses of one name; a name with more is refused rather than half checked. */
  addresses: z.int().min(1),
  /** Look-ups of one session at a time, also those given up on, since each holds a thread of the resolver. */
  lookupsPerSession: z.int().min(1),
  /** One attempt to connect, and how many of the checked addresses are tried. */
  connectMs: z.int().min(1),
  connectAttempts: z.int().min(1),
  /** After a refusal the client's remaining bytes are read and dropped, so that it can read the refusal. */
  lingerMs: z.int().min(1),
  lingerBytes: z.int().min(1),
});
export type EgressBounds = z.infer<typeof egressBoundsSchema>;

/** The bounds in force unless a test asks for tighter ones. */
export const egressBounds: EgressBounds = {
  headBytes: 65_536,
  headPieces: 4096,
  connectionsPerSession: 512,
  connections: 2048,
  headMs: 20_000,
  keepAliveMs: 120_000,
  idleMs: 900_000,
  decisionMs: 660_000,
  resolveMs: 10_000,
  addresses: 64,
  lookupsPerSession: 8,
  connectMs: 10_000,
  connectAttempts: 3,
  lingerMs: 2000,
  lingerBytes: 1_048_576,
};

/** How often it is told what sessions have sent, while they send. */
export const sentEveryMs = 500;

/** Threads of the worker's resolver. */
export const resolverThreads = 16;

/** One message between supervisor and worker, as a line of JSON. */
export const messageBytesMax = 262_144;

/** Messages that nobody waits for are held back this long, and up to this many characters, to go together. */
export const heldMs = 5;
export const heldCharactersMax = 65_536;

/** A Unix socket's path (`sun_path` without its final NUL). */
export const socketPathBytesMax = 107;

/** The worker must say that it is ready, or be gone after `stop`, within these. */
export const readyMs = 15_000;
export const stopMs = 5000;

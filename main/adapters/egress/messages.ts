import { z } from 'zod';
import { portSchema } from '#contract/actions.ts';
import { decisionSchema } from '#contract/decision.ts';
import { exposedPortSchema, exposedPortsMax } from '#contract/exposed-port.ts';
import { sessionIdSchema } from '#contract/session.ts';
import { claimCharactersMax } from '../../core/network/egress.ts';
import { egressBoundsSchema } from './bounds.ts';

/** Numbers a message that is answered. */
const idSchema = z.int().min(1);
const protocolSchema = z.enum(['connect', 'http', 'socks5']);
const hostSchema = z.string().min(1).max(253);
const methodSchema = z.string().min(1).max(32);
const pathSchema = z.string().min(1).max(8192);
const countSchema = z.number().min(0);

export const questionSchema = z.object({
  sessionId: sessionIdSchema,
  protocol: protocolSchema,
  action: z.enum(['net.connect', 'http.request']),
  host: hostSchema,
  port: portSchema,
  method: methodSchema.exactOptional(),
  path: pathSchema.exactOptional(),
  claim: z.string().min(1).max(claimCharactersMax).exactOptional(),
  addresses: z.array(z.string().min(2).max(64)).min(1).max(64).readonly().exactOptional(),
});

export const reportSchema = z.object({
  connectionId: z.string().min(1).max(64),
  sessionId: sessionIdSchema,
  protocol: protocolSchema,
  host: hostSchema,
  port: portSchema,
  address: z.string().min(2).max(45),
  method: methodSchema.exactOptional(),
  path: pathSchema.exactOptional(),
  status: z.int().min(100).max(999).exactOptional(),
  bytesSent: countSchema,
  bytesReceived: countSchema,
  durationMs: countSchema,
  end: z.string().min(1).max(64),
});

export const refusalSchema = z.object({
  sessionId: sessionIdSchema,
  protocol: z.string().min(1).max(16),
  what: z.string().max(1024),
  decision: decisionSchema,
});

/** What went through an exposed port. */
const exposureReportSchema = exposedPortSchema.extend({
  connections: countSchema,
  refused: countSchema,
  bytesIn: countSchema,
  bytesOut: countSchema,
});

/** What the supervisor tells the worker. */
export const toWorkerSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('start'), bounds: egressBoundsSchema }),
  z.object({ type: z.literal('open'), id: idSchema, sessionId: sessionIdSchema, socketPath: z.string().min(1) }),
  z.object({ type: z.literal('close'), id: idSchema, sessionId: sessionIdSchema }),
  z.object({
    type: z.literal('expose'),
    id: idSchema,
    sessionId: sessionIdSchema,
    exposure: exposedPortSchema.extend({ socketPath: z.string().min(1) }),
  }),
  z.object({
    type: z.literal('cut'),
    id: idSchema,
    sessionId: sessionIdSchema,
    grants: z.array(z.string().max(64)).max(10_000),
  }),
  z.object({ type: z.literal('answer'), id: idSchema, decision: decisionSchema }),
  z.object({ type: z.literal('recorded'), id: idSchema }),
  z.object({ type: z.literal('stop') }),
]);
export type ToWorker = z.infer<typeof toWorkerSchema>;

/** What the worker tells the supervisor. The worker reads hostile bytes: nothing it says is believed unparsed. */
export const toSupervisorSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('ready') }),
  z.object({
    type: z.literal('done'),
    id: idSchema,
    /** Connections that were closed, for `cut`. */
    count: z.int().min(0).exactOptional(),
    /** For `close`. */
    exposed: z.array(exposureReportSchema).max(exposedPortsMax).exactOptional(),
    error: z.string().max(1024).exactOptional(),
  }),
  z.object({ type: z.literal('decide'), id: idSchema, question: questionSchema }),
  z.object({ type: z.literal('refused'), id: idSchema, refusal: refusalSchema }),
  z.object({ type: z.literal('closed'), report: reportSchema }),
  z.object({
    type: z.literal('sent'),
    sessionId: sessionIdSchema,
    bytes: countSchema,
    hosts: z.array(z.string().max(300)).max(4),
  }),
]);
export type ToSupervisor = z.infer<typeof toSupervisorSchema>;

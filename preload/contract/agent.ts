import { z } from 'zod';
import { agentNameSchema } from './session.ts';

const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/u, 'must be a SHA-256 in lower-case hex');

const attestedSchema = z.object({ path: z.string(), sha256: sha256Schema });

/** Which bytes an agent is: its executable, the interpreters that run it, the package it came with. */
export const attestationSchema = attestedSchema.extend({
  /** The script's own first; empty for a binary. */
  interpreters: z.array(attestedSchema),
  /** As its own metadata says: a claim, beside the digest, never instead of it. */
  package: z.object({ ecosystem: z.enum(['npm', 'deb', 'pypi']), name: z.string(), version: z.string() }).optional(),
});
export type Attestation = z.infer<typeof attestationSchema>;

/** `suspended` can be resumed; `retired` is for good: only a new agent of that name, with a new key, can follow. */
export const agentStateSchema = z.enum(['active', 'suspended', 'retired']);
export type AgentState = z.infer<typeof agentStateSchema>;

/** One agent: a key of its own, a person who answers for it, and what it is for. `generic` is nobody and never one. */
export const agentSchema = z.object({
  name: agentNameSchema,
  preset: agentNameSchema,
  title: z.string(),
  /** A user account of this machine. */
  owner: z.string().min(1).max(64),
  purpose: z.string().min(1).max(1000),
  /** RFC 3339. */
  createdAt: z.string(),
  state: agentStateSchema,
  /** EC P-256, SubjectPublicKeyInfo (RFC 5280 §4.1.2.7), base64. */
  publicKey: z.string(),
  /** SHA-256 of it, hex. */
  fingerprint: sha256Schema,
  /** The beginning of the fingerprint as four words, to be read aloud and compared. */
  words: z.string(),
  attestation: attestationSchema,
  lastSeenAt: z.string().optional(),
});
export type Agent = z.infer<typeof agentSchema>;

/** What deserves a look: not seen for 30 days; its owner is no user of this machine (any more). */
export const agentFlagSchema = z.enum(['idle', 'ownerless']);
export type AgentFlag = z.infer<typeof agentFlagSchema>;

/** An agent as lists show it. */
export const listedAgentSchema = agentSchema.extend({
  flags: z.array(agentFlagSchema),
  /** Whether anybody ran this kind of agent inside these walls: `tried with … on …`, or `unverified`. */
  label: z.string().optional(),
});
export type ListedAgent = z.infer<typeof listedAgentSchema>;

/** What a person is asked about an agent: facts that only the supervisor established. */
export const agentQuestionSchema = z.object({
  /** SHA-256 of the RFC 8785 form of everything below, hex: what an answer is bound to. */
  digest: sha256Schema,
  /** `unknown`: it gets a key of its own. `changed`: another executable than the one that was accepted. */
  kind: z.enum(['unknown', 'changed']),
  name: agentNameSchema,
  preset: agentNameSchema,
  title: z.string(),
  owner: z.string().min(1).max(64),
  purpose: z.string().min(1).max(1000),
  attestation: attestationSchema,
  /** What changed, a sentence each; empty for an unknown one. */
  changes: z.array(z.string()),
});
export type AgentQuestion = z.infer<typeof agentQuestionSchema>;

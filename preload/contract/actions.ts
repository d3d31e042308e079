import { z } from 'zod';

/**
 * What an agent can ask to do. The names are the Cedar action ids of `resources/policies/schema.cedarschema`.
 * `file.*` is enforced by mounts, `net.connect` and `http.request` by the egress worker; the rest is named here so that
 * policies written today keep their meaning when their enforcement points arrive.
 */
export const actionSchema = z.enum([
  'file.read',
  'file.write',
  'file.delete',
  'file.protected',
  'net.connect',
  'http.request',
  'process.exec',
  'secret.use',
  'tool.call',
  'identity.issue',
]);
export type Action = z.infer<typeof actionSchema>;

/** An absolute, canonical path: no `.` or `..` component, no trailing slash, no NUL. */
export const absolutePathSchema = z
  .string()
  .max(4096)
  .refine((path) => path === '/' || /^(\/[^/\0]+)+$/u.test(path), 'must be an absolute path without empty components')
  .refine((path) => !/\/\.{1,2}(\/|$)/u.test(path), 'must not contain . or .. components');

export const portSchema = z.int().min(1).max(65535);

/** The object of an action, already canonical: one parser each for paths and hosts made it. */
export const resourceSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('path'), path: absolutePathSchema }),
  /** `host` is a lower-case ASCII name without trailing dot, or a literal address (IPv6 without brackets). */
  z.object({ kind: z.literal('host'), host: z.string().min(1).max(253), port: portSchema }),
  z.object({
    kind: z.literal('url'),
    scheme: z.enum(['http', 'https']),
    method: z.string().min(1).max(32),
    host: z.string().min(1).max(253),
    port: portSchema,
    /** Path and query as sent, starting with `/`. */
    path: z.string().max(8192),
  }),
  z.object({ kind: z.literal('program'), path: z.string().max(4096) }),
  z.object({ kind: z.literal('secret'), name: z.string().max(128), host: z.string().max(253) }),
  z.object({ kind: z.literal('tool'), server: z.string().max(128), tool: z.string().max(128) }),
]);
export type Resource = z.infer<typeof resourceSchema>;

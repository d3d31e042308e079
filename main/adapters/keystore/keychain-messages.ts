import { z } from 'zod';

/** What the supervisor asks the keychain's process. One at a time; `id` pairs question and answer. */
export const keychainQuestionSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('find'), id: z.int(), home: z.string(), name: z.string() }),
  z.object({ type: z.literal('set'), id: z.int(), home: z.string(), name: z.string(), value: z.string() }),
  z.object({ type: z.literal('remove'), id: z.int(), home: z.string(), name: z.string() }),
]);

/** A question to the keychain's process. */
export type KeychainQuestion = z.infer<typeof keychainQuestionSchema>;

/** Why the keychain gave no answer. */
export const keychainTroubles = [
  'no_library',
  'no_bus',
  'no_keychain',
  'denied',
  'locked',
  'timeout',
  'ended',
  'failed',
] as const;

/** One of `keychainTroubles`. */
export type KeychainTrouble = (typeof keychainTroubles)[number];

/** What the keychain's process answers. */
export const keychainAnswerSchema = z.object({
  id: z.int(),
  value: z.string().nullish(),
  removed: z.boolean().optional(),
  trouble: z.object({ kind: z.enum(keychainTroubles), text: z.string().max(1000) }).optional(),
});

/** An answer of the keychain's process. */
export type KeychainAnswer = z.infer<typeof keychainAnswerSchema>;

import { z } from 'zod';

/**
 * Whom a session asks: any approval surface that is open (`app`), only the terminal it was started from (`terminal`), or
 * nobody (`deny`).
 */
export const askModeSchema = z.enum(['app', 'terminal', 'deny']);
export type AskMode = z.infer<typeof askModeSchema>;

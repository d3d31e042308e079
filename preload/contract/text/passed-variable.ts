import { z } from 'zod';

/** Variables of one start. */
export const passedVariablesMax = 64;

const namePattern = /^[A-Za-z_][A-Za-z0-9_]{0,127}$/u;

/** A variable that a person lets in by name. Without a value it is the one of their own environment. */
export const passedVariableSchema = z.strictObject({
  name: z.string().regex(namePattern),
  value: z.string().max(32_768).optional(),
});
export type PassedVariable = z.infer<typeof passedVariableSchema>;

/** Reads `NAME` or `NAME=VALUE`; undefined when there is no such name. */
export function passedVariable(text: string): PassedVariable | undefined {
  const at = text.indexOf('=');
  const name = at === -1 ? text : text.slice(0, at);
  if (!namePattern.test(name)) return undefined;
  return at === -1 ? { name } : { name, value: text.slice(at + 1) };
}

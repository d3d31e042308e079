import { breakerNameSchema } from '#contract/breaker.ts';

/** For measurements of what a session can bear: its breakers would stop it. */
export const noBreakers = Object.fromEntries(breakerNameSchema.options.map((name) => [name, 'off' as const]));

/** The same for `gatehouse run`. */
export const noBreakerOptions: readonly string[] = breakerNameSchema.options.flatMap((name) => [
  '--breaker',
  `${name}=off`,
]);

import type { Answer } from '#contract/approval.ts';
import type { Trip } from '#contract/breaker.ts';
import { visible } from '#contract/text/visible.ts';
import { tripInWords } from '../../core/breakers/trip-words.ts';

/** What a breaker asks, as the object of "wants to". */
export function tripWish(trip: Trip): string {
  return `go on: it ${tripInWords(trip)}; paused`;
}

/** The last things that were counted; an agent chose their names. */
export function tripObjects({ objects }: Trip): string {
  return objects.map(visible).join(', ');
}

const effects: Readonly<Partial<Record<Answer, string>>> = {
  'allow-once': 'let it go on; the breaker counts from nothing',
  'allow-task': 'let it go on, and do not stop this task for that again',
  'deny-stop': 'end the session at once',
};

/** What an answer to a breaker's question does, in words. */
export function tripEffect(answer: Answer, session: string): string | undefined {
  if (answer === 'deny-pause') return `leave it paused; \`gatehouse resume ${session}\` asks again`;
  return effects[answer];
}

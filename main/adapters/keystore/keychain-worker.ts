/**
 * The process that talks to the person's keychain: the library links GLib and may wait for a person. An entry of its
 * own, bundled to `keychain.js`. It ends with its parent.
 */
import { createRequire } from 'node:module';
import { z } from 'zod';

const questionSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('find'), id: z.int(), service: z.string(), name: z.string() }),
  z.object({ type: z.literal('set'), id: z.int(), service: z.string(), name: z.string(), value: z.string() }),
]);

interface Keytar {
  getPassword(service: string, account: string): Promise<string | null>;
  setPassword(service: string, account: string, password: string): Promise<void>;
}

/** Optional: an installation without it says so and works unsigned. */
function loadKeytar(): Keytar {
  const loaded: Keytar = createRequire(import.meta.url)('keytar');
  return loaded;
}

process.on('disconnect', () => process.exit(0));
process.on('message', (message: unknown) => {
  const question = questionSchema.parse(message);
  answer(question).then(
    (value) => process.send?.({ id: question.id, value }),
    (error: unknown) => {
      const text = error instanceof Error ? error.message.split('\n')[0] : String(error);
      process.send?.({ id: question.id, error: text });
    },
  );
});

async function answer(question: z.infer<typeof questionSchema>): Promise<string | null> {
  const keytar = loadKeytar();
  if (question.type === 'find') return keytar.getPassword(question.service, question.name);
  await keytar.setPassword(question.service, question.name, question.value);
  return null;
}

import { parentPort } from 'node:worker_threads';
import { diffTexts } from './diff-texts.ts';
import { diffQuestionSchema } from './diff-thread.ts';

// The thread that compares texts; see `diff-thread.ts`.
parentPort?.on('message', (message: unknown) => {
  const { number, before, after, bounds } = diffQuestionSchema.parse(message);
  parentPort?.postMessage({ number, diff: diffTexts(before, after, bounds) });
});

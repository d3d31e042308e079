/** A supervisor to be killed: starts the worker with one session, allows everything, prints the worker's pid and waits. */
import { fileURLToPath } from 'node:url';
import { startEgress } from '../../../main/adapters/egress/egress.ts';
import { plainDenial } from '../../../main/core/network/denial.ts';

const [socketPath = ''] = process.argv.slice(2);
const egress = await startEgress({
  workerPath: fileURLToPath(new URL('../../../main/adapters/egress/worker.ts', import.meta.url)),
  log: { info: () => undefined, warn: () => undefined },
  host: {
    decide: () => Promise.resolve({ ...plainDenial('permitted', 'Allowed by the test.'), outcome: 'allow' }),
    closed: () => undefined,
    refused: () => Promise.resolve(),
  },
});
await egress.openSession('a1c9-tiger-lamp', socketPath);
process.stdout.write(`${egress.pid}\n`);

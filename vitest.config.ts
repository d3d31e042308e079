import { defineConfig } from 'vitest/config';

/**
 * Every deadline here only ends what hangs; no test measures time. Each file has homes, sockets and ports of its own, so several can
 * run at once: half of the time a file waits for processes to start and end, so that three files keep two processors busy.
 */
const realParts = {
  testTimeout: 120_000,
  hookTimeout: 180_000,
  pool: 'forks' as const,
  maxWorkers: 3,
  sequence: { groupOrder: 1 },
};

export default defineConfig({
  test: {
    reporters: ['default'],
    projects: [
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 60_000 } },
      { test: { name: 'architecture', include: ['test/architecture/**/*.test.ts'], testTimeout: 60_000 } },
      { test: { name: 'integration', include: ['test/integration/**/*.test.ts'], ...realParts } },
      { test: { name: 'escape', include: ['test/escape/**/*.test.ts'], ...realParts } },
      { test: { name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...realParts, testTimeout: 300_000 } },
    ],
  },
});

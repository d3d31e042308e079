import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { exposedNotices, planExposed } from '../../../main/supervisor/exposed-ports.ts';

test('[RUN-7] any free port is chosen, and said', async () => {
  const planned = await planExposed(
    [
      { hostPort: 0, port: 5174 },
      { hostPort: 0, port: 5173 },
    ],
    [],
  );
  expect(planned.map(({ port }) => port)).toEqual([5173, 5174]);
  const [first, second] = planned;
  expect(first?.hostPort).toBeGreaterThan(1023);
  expect(exposedNotices(planned)).toEqual([
    `http://127.0.0.1:${first?.hostPort} reaches port 5173 of this session`,
    `http://127.0.0.1:${second?.hostPort} reaches port 5174 of this session`,
  ]);
});

test('[RUN-7] a port that is taken, on loopback or on every address, is refused with what to do instead', async () => {
  for (const host of ['127.0.0.1', '0.0.0.0']) {
    const other = createServer();
    other.listen(0, host);
    await once(other, 'listening');
    const address = other.address();
    const hostPort = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const planned = planExposed([{ hostPort, port: 5173 }], []);
    await expect(planned).rejects.toMatchObject({
      data: { code: 'port_unavailable', remedy: expect.stringContaining('--expose 0:5173') },
    });
    other.close();
  }
});

test.each<[what: string, requests: [hostPort: number, port: number][], says: RegExp]>([
  ['a port of the host that leads out from the same number inside', [[0, 3000]], /Port 3000 cannot be exposed/u],
  [
    'one port twice',
    [
      [0, 80],
      [0, 80],
    ],
    /exposed twice/u,
  ],
  [
    'two ports on one',
    [
      [8080, 80],
      [8080, 81],
    ],
    /on port 8080/u,
  ],
])('[RUN-7] %s is refused', async (_what, requests, says) => {
  const asked = requests.map(([hostPort, port]) => ({ hostPort, port }));
  const planned = planExposed(asked, [{ host: '127.0.0.1', port: 3000 }]);
  await expect(planned).rejects.toMatchObject({ data: { code: 'invalid_request', what: expect.stringMatching(says) } });
});

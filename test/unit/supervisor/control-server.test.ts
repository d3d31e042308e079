import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { type Call, type ControlHandlers, openControlServer } from '../../../main/supervisor/control-server.ts';

test('[RUN-6] what a handler leaves for the end of a connection that is over already is cleaned up at once', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'gh-control-'));
  const entered = Promise.withResolvers<Call>();
  const handlers = {
    'supervisor.status': (_: unknown, call: Call) => {
      entered.resolve(call);
      return new Promise(() => {});
    },
  } as unknown as ControlHandlers;
  const server = await openControlServer(path.join(folder, 's'), handlers, pino({ enabled: false }));
  try {
    const client = connect(path.join(folder, 's'));
    client.write(`${JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'supervisor.status', params: {} })}\n`);
    const call = await entered.promise;
    let cleaned = 0;
    call.onClose(() => {
      cleaned += 1;
    });
    const gone = new Promise((resolve) => call.signal.addEventListener('abort', resolve));
    client.destroy();
    await gone;
    call.onClose(() => {
      cleaned += 10;
    });
    expect(cleaned).toBeGreaterThanOrEqual(10);
  } finally {
    await server.close();
    await rm(folder, { recursive: true });
  }
});

import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { OpenedAuditLog } from '../../../main/adapters/sqlite/audit-log.ts';
import type { AuditReader } from '../../../main/core/audit/log.ts';
import { earlierConnections, inTime } from '../../../main/supervisor/earlier-connections.ts';
import { note, type TemporaryLog, temporaryLog } from '../audit/temporary-log.ts';

let folder: TemporaryLog;
let audit: OpenedAuditLog;
let reader: AuditReader;
beforeAll(async () => {
  folder = await temporaryLog();
  audit = await folder.write();
  reader = await folder.read();
});
afterAll(() => folder.remove());

const log = pino({ level: 'silent' });
const resource = { kind: 'host', host: 'example.org', port: 443 } as const;
const look = (change: object = {}) => earlierConnections({ agent: 'codex', resource, ...change }, { reader, log });

async function connect(change: object = {}) {
  const opened = { kind: 'connection.opened', agent: 'codex', decision: 'allow', action: 'net.connect' } as const;
  return audit.append(note('Opening', { ...opened, resource, ...change }));
}

test('[APR-2] counts what this agent was let connect to at this host and port, and nothing else', async () => {
  expect(await look()).toEqual({ times: 0, atLeast: false, erased: false });
  await connect({ agent: 'claude-code' });
  await connect({ resource: { ...resource, port: 80 } });
  await connect({ resource: { ...resource, host: 'www.example.org' } });
  await connect({ kind: 'decision', decision: 'deny' });
  expect(await look()).toMatchObject({ times: 0 });
  await connect();
  const last = await connect();
  expect(await look()).toEqual({ times: 2, lastAt: last.at, atLeast: false, erased: false });
  const url = { kind: 'url', scheme: 'http', method: 'GET', host: 'example.org', port: 443, path: '/' };
  expect(await look({ resource: url })).toMatchObject({ times: 2 });
  expect(await look({ resource: { kind: 'host', host: '::1', port: 443 } })).toMatchObject({ times: 0 });
  expect(await look({ resource: { kind: 'path', path: '/a' } })).toBeUndefined();
});

test('[APR-2] many are counted as "at least"; of another port behind them nothing is known', async () => {
  const agent = 'gemini-cli';
  await Promise.all(Array.from({ length: 21 }, () => connect({ agent })));
  expect(await look({ agent })).toMatchObject({ times: 20, atLeast: true });
  expect(await look({ agent, resource: { ...resource, port: 80 } })).toBeUndefined();
});

test('[APR-2] what was erased is not said to have never been', async () => {
  const { seq } = await connect();
  await audit.compact(seq, 'a test');
  expect(await look()).toEqual({ times: 0, atLeast: false, erased: true });
});

test('[APR-1] a record that cannot be read, or does not answer, stops no question', async () => {
  await reader.close();
  expect(await look()).toBeUndefined();
  expect(await inTime(new Promise(() => undefined))).toBeUndefined();
});

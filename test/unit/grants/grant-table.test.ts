import { describe, expect, test } from 'vitest';
import { GatehouseError } from '#contract/operating-error.ts';
import { GrantTable, grantsInForceMax } from '../../../main/core/grants/grant-table.ts';
import { parseGrantSpec } from '../../../main/core/grants/spec.ts';
import type { DecisionRequest } from '../../../main/core/policy/request.ts';

const start = Date.parse('2026-01-01T00:00:00.000Z');
const place = { cwd: '/', home: '/home/me' };

function issue(table: GrantTable, id: string, spec: string, taskId = 't-00000001', expiresAt = start + 1000) {
  const pattern = parseGrantSpec(spec, place);
  return table.issue({ id, pattern, taskId, giver: 'person', issuedAt: start, expiresAt });
}

function request(resource: DecisionRequest['resource'], taskId = 't-00000001'): DecisionRequest {
  const principal = { sessionId: 's', agent: 'a', taskId, workspace: '/w', home: '/home/me' };
  return { principal, action: resource.kind === 'path' ? 'file.read' : 'net.connect', resource };
}

const host = (name: string) => request({ kind: 'host', host: name, port: 443 });
const path = (text: string) => request({ kind: 'path', path: text });
const ids = (table: GrantTable, asked: DecisionRequest, at = start) => table.find(asked, at).map((grant) => grant.id);

describe('[GRT-1] [GRT-4] grants in force', () => {
  test('are found by the path or host they cover, for their own task alone, until their end', () => {
    const table = new GrantTable();
    issue(table, 'g-1', 'file.read:/srv/data');
    issue(table, 'g-2', 'net.connect:example.org');
    issue(table, 'g-3', 'net.connect:*.example.org');
    issue(table, 'g-4', 'http.request:GET http://example.org/*');
    issue(table, 'g-5', 'file.read:/srv', 't-00000002');
    expect(ids(table, path('/srv/data/a/b'))).toEqual(['g-1']);
    expect(ids(table, path('/srv/data2'))).toEqual([]);
    expect(ids(table, path('/srv'))).toEqual([]);
    expect(ids(table, host('example.org'))).toEqual(['g-2', 'g-4']);
    expect(ids(table, host('a.b.example.org'))).toEqual(['g-3']);
    expect(ids(table, host('org'))).toEqual([]);
    expect(ids(table, request({ kind: 'path', path: '/srv/data' }, 't-00000002'))).toEqual(['g-5']);
    expect(ids(table, path('/srv/data'), start + 999)).toEqual(['g-1']);
    expect(ids(table, path('/srv/data'), start + 1000)).toEqual([]);
  });

  test('uses are counted without changing the epoch; everything else changes it', () => {
    const table = new GrantTable();
    issue(table, 'g-1', 'file.read:/a');
    issue(table, 'g-2', 'file.read:/a');
    issue(table, 'g-3', 'file.read:/b', 't-00000002');
    const { epoch } = table;
    table.use(['g-1', 'g-1', 'g-9'], start + 5);
    expect(table.epoch).toBe(epoch);
    expect(table.get('g-1')).toMatchObject({ uses: 2, lastUsedAt: '2026-01-01T00:00:00.005Z' });
    expect(table.revoke('g-1', start + 6)).toMatchObject({ revokedAt: '2026-01-01T00:00:00.006Z' });
    expect(table.revoke('g-1', start + 6)).toBeUndefined();
    expect(table.epoch).toBe(epoch + 1);
    expect(table.endTask('t-00000001', start + 7).map((grant) => grant.id)).toEqual(['g-2']);
    expect(table.expire(start + 999)).toEqual([]);
    expect(table.expire(start + 1000).map((grant) => grant.id)).toEqual(['g-3']);
    expect(table.epoch).toBe(epoch + 3);
    expect(table.list({ all: false })).toEqual([]);
    expect(table.list({ all: true }).map((grant) => grant.id)).toEqual(['g-1', 'g-2', 'g-3']);
    expect(table.list({ all: true, taskId: 't-00000002' })).toHaveLength(1);
  });

  test('what is handed out is a copy', () => {
    const table = new GrantTable();
    const grant = issue(table, 'g-1', 'file.read:/a');
    grant.expiresAt = '2099-01-01T00:00:00.000Z';
    const [listed] = table.list({ all: false });
    if (listed) listed.uses = 7;
    expect(table.get('g-1')).toMatchObject({ expiresAt: '2026-01-01T00:00:01.000Z', uses: 0 });
  });

  test.each(['process.exec:git', 'secret.use:k@a.org'])('%s is refused, since nothing would look at it', (spec) => {
    expect(() => issue(new GrantTable(), 'g-1', spec)).toThrow(GatehouseError);
  });

  test('their number is bounded', () => {
    const table = new GrantTable();
    for (let index = 0; index < grantsInForceMax; index += 1) issue(table, `g-${index}`, `file.read:/a${index}`);
    expect(() => issue(table, 'one-more', 'file.read:/b')).toThrow(/More than 10000 grants/u);
    expect(ids(table, path('/a77/x'))).toEqual(['g-77']);
  });
});

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type AuditEvent, eventKindSchema } from '#contract/audit.ts';
import { csvHeader, csvLine } from '../../../main/core/audit/csv.ts';
import { ocsfEvent, ocsfVersion } from '../../../main/core/audit/ocsf.ts';

const folder = path.resolve(import.meta.dirname, '../../fixtures/ocsf');
const attribute = z.looseObject({
  requirement: z.string().optional(),
  enum: z.record(z.string(), z.unknown()).optional(),
});
const definition = z.looseObject({
  extends: z.string().optional(),
  uid: z.int().optional(),
  category: z.string().optional(),
  attributes: z.record(z.string(), z.union([attribute, z.unknown()])),
  constraints: z.looseObject({ at_least_one: z.array(z.string()).optional() }).optional(),
});
const read = (file: string) => definition.parse(JSON.parse(readFileSync(path.join(folder, file), 'utf8')));

/** Where each class of ours is defined. */
const classes: Record<number, string> = {
  1001: 'system/file_activity',
  1007: 'system/process_activity',
  2004: 'findings/detection_finding',
  3004: 'iam/entity_management',
  4001: 'network/network_activity',
  6002: 'application/application_lifecycle',
};

/** Attributes of a definition and all it extends. */
function attributesOf(
  kind: 'events' | 'objects',
  file: string,
): { required: string[]; known: string[]; one: string[]; enums: Record<string, string[]> } {
  const own = read(`${kind}/${file}.json`);
  const base = own.extends;
  const parent =
    base === undefined
      ? undefined
      : kind === 'objects'
        ? base
        : base === 'base_event'
          ? base
          : `${file.split('/')[0]}/${base}`;
  const inherited = parent === undefined ? { required: [], known: [], one: [], enums: {} } : attributesOf(kind, parent);
  const entries = Object.entries(own.attributes).flatMap(([name, value]) => {
    const parsed = attribute.safeParse(value);
    return parsed.success && !Array.isArray(value) ? [[name, parsed.data] as const] : [];
  });
  return {
    required: [
      ...inherited.required,
      ...entries.filter(([, one]) => one.requirement === 'required').map(([name]) => name),
    ],
    known: [...inherited.known, ...entries.map(([name]) => name)],
    one: own.constraints?.at_least_one ?? inherited.one,
    enums: {
      ...inherited.enums,
      ...Object.fromEntries(
        entries.flatMap(([name, one]) =>
          one.enum === undefined ? [] : [[name, [...(inherited.enums[name] ?? []), ...Object.keys(one.enum)]]],
        ),
      ),
    },
  };
}

/** Which object each attribute holds. */
const objects: Record<string, string> = {
  metadata: 'metadata', file: 'file', actor: 'actor', device: 'device', process: 'process', entity: 'managed_entity',
  finding_info: 'finding_info', dst_endpoint: 'network_endpoint', traffic: 'network_traffic', app: 'product',
}; // biome-ignore format: one table

/** Worked out by the framework from the class's own uid; compared by themselves below. */
const derived = ['category_uid', 'class_uid', 'type_uid'];

// 0, unknown, and 99, other, are in the dictionary for every enumeration.
function faults(kind: 'events' | 'objects', file: string, value: Record<string, unknown>): string[] {
  const { required, known, one, enums } = attributesOf(kind, file);
  return [
    ...required.filter((name) => value[name] === undefined).map((name) => `${file} lacks ${name}`),
    ...Object.keys(value)
      .filter((name) => !known.includes(name))
      .map((name) => `${file} does not know ${name}`),
    ...(one.length > 0 && !one.some((name) => value[name] !== undefined) ? [`${file} needs one of ${one}`] : []),
    ...Object.entries(enums).flatMap(([name, values]) =>
      value[name] === undefined || derived.includes(name) || [...values, '0', '99'].includes(String(value[name]))
        ? []
        : [`${file}: ${name} cannot be ${value[name]}`],
    ),
    ...Object.entries(objects).flatMap(([name, object]) => {
      const inner = z.record(z.string(), z.unknown()).safeParse(value[name]);
      return kind === 'events' && inner.success ? faults('objects', object, inner.data) : [];
    }),
  ];
}

const base = { seq: 7, at: '2026-01-31T12:00:00.000Z', hash: 'a'.repeat(64), summary: 'it happened', detail: {} };
const samples: AuditEvent[] = [
  ...eventKindSchema.options.map((kind) => ({ ...base, kind })),
  {
    ...base,
    kind: 'decision',
    action: 'net.connect',
    decision: 'deny',
    reason: 'no_permit',
    resource: { kind: 'host', host: 'example.org', port: 443 },
  },
  {
    ...base,
    kind: 'connection.closed',
    action: 'net.connect',
    resource: { kind: 'host', host: '::1', port: 1 },
    detail: { bytesSent: 1, bytesReceived: 2 },
  },
  {
    ...base,
    kind: 'workspace.changed',
    session: 'a1c9-tiger-lamp',
    agent: 'claude',
    action: 'file.delete',
    resource: { kind: 'path', path: '/a/b' },
    detail: { change: 'deleted' },
  },
  {
    ...base,
    kind: 'session.started',
    session: 'a1c9-tiger-lamp',
    agent: 'claude',
    detail: { pid: 3, executable: '/usr/bin/claude' },
  },
];

test.each(samples.map((event) => [`${event.kind} ${event.action ?? ''}`, event] as const))(
  '[AUD-4] as OCSF its definitions accept: %s',
  (_what, event) => {
    const exported = ocsfEvent(event, { version: '0.1.0' });
    const uid = Number(exported['class_uid']);
    expect(faults('events', classes[uid] ?? '', exported)).toEqual([]);
    expect(read(`events/${classes[uid]}.json`).uid).toBe(uid % 1000);
    expect(exported['type_uid']).toBe(uid * 100 + Number(exported['activity_id']));
    expect(
      z.object({ version: z.string() }).parse(JSON.parse(readFileSync(path.join(folder, 'version.json'), 'utf8')))
        .version,
    ).toBe(ocsfVersion);
  },
);

test('[AUD-4] as CSV, no cell breaks its line or becomes a formula', () => {
  const event: AuditEvent = { ...base, kind: 'decision', summary: '=cmd|"x",\ny', agent: '@sum' };
  const line = csvLine(event);
  expect(line).toContain(`"'=cmd|""x"",\ny"`);
  expect(line).toContain(",'@sum,");
  expect(csvHeader().split(',')).toHaveLength(13);
});

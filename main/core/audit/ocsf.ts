import type { AuditEvent } from '#contract/audit.ts';
import { hostOf, pathOf, programOf } from './search-text.ts';

/** Version of the Open Cybersecurity Schema Framework whose classes are used (schema.ocsf.io). */
export const ocsfVersion = '1.9.0-dev';

/** A class of OCSF with the attributes of ours that belong to it. */
interface Classified {
  readonly class_uid: number;
  readonly activity_id: number;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** The event as an OCSF event: what fits a class there, the rest under `unmapped`. */
export function ocsfEvent(event: AuditEvent, product: { readonly version: string }): Record<string, unknown> {
  const { class_uid, activity_id, attributes } = classify(event);
  const denied = event.decision === 'deny';
  return {
    metadata: {
      version: ocsfVersion,
      product: { name: 'Gatehouse', vendor_name: 'Gatehouse', version: product.version },
      uid: event.hash,
      sequence: event.seq,
      log_name: 'audit',
      event_code: event.kind,
      ...(event.session === undefined ? {} : { correlation_uid: event.session }),
    },
    category_uid: Math.floor(class_uid / 1000),
    class_uid,
    activity_id,
    type_uid: class_uid * 100 + activity_id,
    time: Date.parse(event.at),
    severity_id: severityOf(event),
    message: event.summary,
    ...(event.decision === undefined ? {} : { status_id: denied ? 2 : 1 }),
    ...(event.reason === undefined ? {} : { status_code: event.reason }),
    ...attributes,
    unmapped: {
      ...(event.task === undefined ? {} : { task: event.task }),
      ...(event.agent === undefined ? {} : { agent: event.agent }),
      ...(event.action === undefined ? {} : { action: event.action }),
      ...(event.resource === undefined ? {} : { resource: event.resource }),
      ...(event.decision === undefined ? {} : { decision: event.decision }),
      detail: event.detail,
    },
  };
}

/** 1 informational, 3 medium, 4 high. */
function severityOf({ kind, decision }: AuditEvent): number {
  if (kind === 'log.damaged') return 4;
  return decision === 'deny' ||
    kind === 'egress.failed' ||
    kind === 'limit.reached' ||
    kind === 'breaker.tripped' ||
    kind === 'log.unsigned'
    ? 3
    : 1;
}

function classify(event: AuditEvent): Classified {
  const { kind, action } = event;
  if (action?.startsWith('file.') || kind === 'workspace.changed') return fileActivity(event);
  if (action === 'net.connect' || action === 'http.request') return networkActivity(event);
  if (kind === 'session.started' || kind === 'session.ended') return processActivity(event);
  if (kind.startsWith('task.') || kind.startsWith('grant.') || kind === 'policy.loaded') return entityManagement(event);
  if (kind === 'log.damaged' || kind === 'limit.reached' || kind === 'breaker.tripped' || kind === 'log.unsigned')
    return detectionFinding(event);
  return {
    class_uid: 6002,
    activity_id: lifecycles[kind] ?? 99,
    attributes: { app: { name: 'Gatehouse', vendor_name: 'Gatehouse' } },
  };
}

/** Application lifecycle: 3 start, 4 stop; the rest is 99, other. */
const lifecycles: Readonly<Record<string, number>> = {
  'supervisor.started': 3,
  'egress.started': 3,
  'log.opened': 3,
  'supervisor.stopped': 4,
  'egress.failed': 4,
};

const device = { type_id: 0, hostname: 'localhost' };

function actorOf(event: AuditEvent): Record<string, unknown> {
  return {
    app_name: event.agent ?? 'gatehouse',
    ...(event.session === undefined ? {} : { session: { uid: event.session } }),
  };
}

const fileActivities: Readonly<Record<string, number>> = {
  created: 1, changed: 3, deleted: 4, 'file.read': 2, 'file.write': 3, 'file.delete': 4,
}; // biome-ignore format: one table

function fileActivity(event: AuditEvent): Classified {
  const path = pathOf(event) ?? '/';
  const change = event.detail['change'];
  const key = typeof change === 'string' ? change : (event.action ?? '');
  const name = path.slice(path.lastIndexOf('/') + 1) || '/';
  const attributes = { actor: actorOf(event), device, file: { name, path, type_id: 0 } };
  return { class_uid: 1001, activity_id: fileActivities[key] ?? 99, attributes };
}

function networkActivity(event: AuditEvent): Classified {
  const { resource, kind, decision } = event;
  const port = resource !== undefined && 'port' in resource ? resource.port : undefined;
  const host = hostOf(event) ?? 'unknown';
  const literal = /^[\d.]+$|:/u.test(host);
  const [out, back] = [event.detail['bytesSent'], event.detail['bytesReceived']];
  const attributes = {
    dst_endpoint: { ...(literal ? { ip: host } : { hostname: host }), ...(port === undefined ? {} : { port }) },
    ...(typeof out === 'number' && typeof back === 'number' ? { traffic: { bytes_out: out, bytes_in: back } } : {}),
  };
  // 1 open, 2 close, 5 refuse.
  return { class_uid: 4001, activity_id: decision === 'deny' ? 5 : kind === 'connection.closed' ? 2 : 1, attributes };
}

function processActivity(event: AuditEvent): Classified {
  const pid = event.detail['pid'];
  const launched = {
    name: programOf(event) ?? event.agent ?? 'agent',
    uid: event.session ?? event.hash,
    ...(typeof pid === 'number' ? { pid } : {}),
  };
  const attributes = { actor: actorOf(event), device, process: launched };
  return { class_uid: 1007, activity_id: event.kind === 'session.started' ? 1 : 2, attributes };
}

function entityManagement(event: AuditEvent): Classified {
  const [type = '', verb = ''] = event.kind.split('.');
  const uid = event.task ?? event.hash;
  // 1 create, 3 update, 4 delete.
  const activity = verb === 'ended' ? 4 : verb === 'loaded' ? 3 : 1;
  const attributes = {
    entity: { name: event.summary, type, uid },
    ...(verb === 'refused' ? { status_id: 2 } : {}),
  };
  return { class_uid: 3004, activity_id: activity, attributes };
}

function detectionFinding(event: AuditEvent): Classified {
  const attributes = { finding_info: { uid: event.hash, title: event.summary, types: [event.kind] } };
  return { class_uid: 2004, activity_id: 1, attributes };
}

import type { Logger } from 'pino';
import type { Resource } from '#contract/actions.ts';
import type { EarlierConnections } from '#contract/approval.ts';
import type { AuditReader } from '../core/audit/log.ts';

/** Connections that are looked at, the newest first: each takes a tenth of a millisecond, and the question waits. */
const lookedAtMax = 20;
/** How long a question waits for this at most, in milliseconds, after it is on record; then it is asked without. */
const lookMs = 1_000;

/**
 * How often an agent was let connect to a host and port before, by the record, wherever it worked. Undefined where that cannot be found
 * out in time: a question is asked all the same. Never rejects.
 */
export async function earlierConnections(
  { agent, resource }: { readonly agent: string; readonly resource: Resource },
  parts: { readonly reader: Pick<AuditReader, 'query'>; readonly log: Logger },
): Promise<EarlierConnections | undefined> {
  if (resource.kind !== 'host' && resource.kind !== 'url') return undefined;
  try {
    return await count(agent, resource, parts.reader);
  } catch (error) {
    parts.log.warn({ error: String(error) }, 'earlier connections could not be looked up');
    return undefined;
  }
}

/** What comes of it within the time that a question has for it. */
export async function inTime<Value>(looking: Promise<Value>): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), lookMs);
  });
  return Promise.race([looking, late]).finally(() => clearTimeout(timer));
}

async function count(
  agent: string,
  { host, port }: { readonly host: string; readonly port: number },
  reader: Pick<AuditReader, 'query'>,
): Promise<EarlierConnections | undefined> {
  const query = `kind:connection.opened agent:${agent} host:"${host.replace(/["\\]/gu, '\\$&')}"`;
  const { events, more } = await reader.query({ query, limit: lookedAtMax });
  const there = events.filter(
    ({ resource }) =>
      (resource?.kind === 'host' || resource?.kind === 'url') && resource.host === host && resource.port === port,
  );
  const [newest] = there;
  if (newest !== undefined) return { times: there.length, lastAt: newest.at, atLeast: more, erased: false };
  // The newest all went to other ports: nothing is known of this one.
  if (more) return undefined;
  const { events: erasures } = await reader.query({ query: 'kind:log.compacted', limit: 1 });
  return { times: 0, atLeast: false, erased: erasures.length > 0 };
}

/**
 * Guarantee: a grant is found only for the task it was given to, before its end, and not after it was revoked or its task
 * ended; every change to what could be found changes the epoch.
 *
 * Threat: authority that outlives its task, leaks to another task, or survives in a cached decision.
 *
 * Limits: time is the caller's; a clock that was set back is the caller's to notice.
 */
import type { Action, Resource } from '#contract/actions.ts';
import type { Grant } from '#contract/grant.ts';
import { operatingError } from '#contract/operating-error.ts';
import { parentDomains, pathAncestors } from '../policy/entities.ts';
import type { DecisionRequest, GrantLookup } from '../policy/request.ts';
import { patternOf } from './lifting.ts';
import { formatGrantSpec, type GrantPattern, hostKey } from './spec.ts';

/** A grant to be issued. Times are milliseconds since 1970. */
export interface NewGrant {
  readonly id: string;
  readonly pattern: GrantPattern;
  readonly taskId: string;
  readonly giver: Grant['giver'];
  /** The always-rule it comes from. */
  readonly rule?: string | undefined;
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Of one that a former supervisor left. */
  readonly uses?: number;
  readonly lastUsedAt?: string | undefined;
}

/** Grants in force at one time, over all tasks. */
export const grantsInForceMax = 10_000;
/** Lapsed grants that are kept for listing; older ones live on in the audit log alone. */
const lapsedGrantsMax = 1000;

interface Row {
  readonly grant: Grant;
  readonly expiresAt: number;
  readonly key: string;
}

/** The grants of every task, in memory, found by task and resource. */
export class GrantTable implements GrantLookup {
  readonly #rows = new Map<string, Row>();
  readonly #lapsed: Grant[] = [];
  /** Task → index key → rows. */
  readonly #index = new Map<string, Map<string, Set<Row>>>();
  /** Grants used since they were last taken. */
  readonly #used = new Set<string>();
  #epoch = 0;

  /** Changes whenever a grant is added or removed. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Puts a grant in force. Throws `grant_refused` for what nothing enforces yet, `too_many` over the bound. */
  issue(asked: NewGrant): Grant {
    assertEnforced(asked.pattern);
    if (this.#rows.size >= grantsInForceMax) {
      throw operatingError('too_many', `More than ${grantsInForceMax} grants are in force.`, { remedy: 'End tasks.' });
    }
    if (this.#rows.has(asked.id)) throw new Error(`grant ${asked.id} exists`);
    const grant: Grant = {
      id: asked.id,
      spec: formatGrantSpec(asked.pattern),
      action: asked.pattern.action,
      taskId: asked.taskId,
      giver: asked.giver,
      ...(asked.rule === undefined ? {} : { rule: asked.rule }),
      issuedAt: new Date(asked.issuedAt).toISOString(),
      expiresAt: new Date(asked.expiresAt).toISOString(),
      uses: asked.uses ?? 0,
      ...(asked.lastUsedAt === undefined ? {} : { lastUsedAt: asked.lastUsedAt }),
    };
    const row: Row = { grant, expiresAt: asked.expiresAt, key: keyOf(patternOf(grant)) };
    this.#rows.set(grant.id, row);
    const ofTask = this.#index.get(grant.taskId) ?? new Map<string, Set<Row>>();
    const ofKey = ofTask.get(row.key) ?? new Set<Row>();
    this.#index.set(grant.taskId, ofTask.set(row.key, ofKey.add(row)));
    this.#epoch += 1;
    return { ...grant };
  }

  find(request: DecisionRequest, at: number): readonly Grant[] {
    const ofTask = this.#index.get(request.principal.taskId);
    if (ofTask === undefined) return [];
    const found: Grant[] = [];
    for (const key of keysFor(request.resource)) {
      for (const row of ofTask.get(key) ?? []) if (at < row.expiresAt) found.push(row.grant);
    }
    return found;
  }

  /** Counts a use of each grant. Uses do not change the epoch. */
  use(ids: readonly string[], at: number): void {
    for (const id of ids) {
      const row = this.#rows.get(id);
      if (row === undefined) continue;
      this.#used.add(id);
      row.grant.uses += 1;
      row.grant.lastUsedAt = new Date(at).toISOString();
    }
  }

  /** Copies of the grants that were used since this was last asked. */
  takeUsed(): readonly Grant[] {
    const used = [...this.#used].flatMap((id) => this.get(id) ?? []);
    this.#used.clear();
    return used;
  }

  /** Ends one grant; undefined when it is not in force. */
  revoke(id: string, at: number): Grant | undefined {
    const row = this.#rows.get(id);
    if (row === undefined) return undefined;
    row.grant.revokedAt = new Date(at).toISOString();
    return this.#remove(row);
  }

  /** Ends every grant of a task, and returns them. */
  endTask(taskId: string, at: number): readonly Grant[] {
    return [...this.#rows.values()]
      .flatMap((row) => (row.grant.taskId === taskId ? [this.revoke(row.grant.id, at)] : []))
      .filter((grant) => grant !== undefined);
  }

  /** Removes what has expired, and returns it. They were not found any more anyway; this frees the memory. */
  expire(at: number): readonly Grant[] {
    const ended = [...this.#rows.values()].filter((row) => row.expiresAt <= at);
    return ended.map((row) => this.#remove(row));
  }

  /** A copy of one grant that is in force. */
  get(id: string): Grant | undefined {
    const row = this.#rows.get(id);
    return row && { ...row.grant };
  }

  /** Copies of the grants in force, or with `all` also of the newest that have ended; oldest first. */
  list(which: { readonly all: boolean; readonly taskId?: string }): readonly Grant[] {
    const inForce = [...this.#rows.values()].map((row) => row.grant);
    const grants = which.all ? [...this.#lapsed, ...inForce] : inForce;
    return grants.flatMap((grant) =>
      which.taskId === undefined || grant.taskId === which.taskId ? [{ ...grant }] : [],
    );
  }

  #remove(row: Row): Grant {
    const { grant } = row;
    this.#rows.delete(grant.id);
    const ofTask = this.#index.get(grant.taskId);
    const ofKey = ofTask?.get(row.key);
    ofKey?.delete(row);
    if (ofKey?.size === 0) ofTask?.delete(row.key);
    if (ofTask?.size === 0) this.#index.delete(grant.taskId);
    this.#lapsed.push(grant);
    if (this.#lapsed.length > lapsedGrantsMax) this.#lapsed.shift();
    this.#epoch += 1;
    return { ...grant };
  }
}

/** A grant that nothing looks at would be a false promise. */
function assertEnforced(pattern: GrantPattern): void {
  const notYet: Partial<Record<Action, string>> = {
    'process.exec': 'Programs inside the walls run without a grant.',
    'secret.use': 'Secrets cannot be used yet.',
  };
  const why = notYet[pattern.action];
  if (why === undefined) return;
  throw operatingError('grant_refused', `The grant "${formatGrantSpec(pattern)}" has no effect.`, {
    why,
    remedy: 'Leave it out.',
  });
}

function keyOf(pattern: GrantPattern): string {
  switch (pattern.action) {
    case 'file.read':
    case 'file.write':
      return `path ${pattern.path}`;
    case 'net.connect':
    case 'http.request':
      return `host ${hostKey(pattern.host)}`;
    case 'process.exec':
      return `program ${pattern.program}`;
    case 'secret.use':
      return `secret ${pattern.name}`;
  }
}

/** Every key under which a grant for this resource could be kept: a few per request, however many grants exist. */
function keysFor(resource: Resource): readonly string[] {
  switch (resource.kind) {
    case 'path':
      return pathAncestors(resource.path).map((path) => `path ${path}`);
    case 'host':
    case 'url': {
      const below = parentDomains(resource.host).map((domain) => `host *.${domain}`);
      return [`host ${resource.host}`, ...below];
    }
    case 'program':
      return [`program ${resource.path}`];
    case 'secret':
      return [`secret ${resource.name}`];
    case 'tool':
      return [];
  }
}

import { readFile, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { AuditEvent } from '#contract/audit.ts';
import type { Preset } from '#contract/preset.ts';
import { attestFile } from '../../../main/adapters/agents/file-digest.ts';
import { loadPresets } from '../../../main/adapters/agents/load-data.ts';
import { isSignedByAgent, makeAgentKey, signAsAgent } from '../../../main/adapters/keystore/agent-keys.ts';
import { openFileKeystore } from '../../../main/adapters/keystore/file-keystore.ts';
import type { Keystore } from '../../../main/adapters/keystore/keystore.ts';
import { StateDatabase } from '../../../main/adapters/state/state-database.ts';
import { credentialLifeMs, credentialRenewMs } from '../../../main/core/agents/session-credential.ts';
import { Agents, type Candidate } from '../../../main/supervisor/agents.ts';
import { OwedRecords } from '../../../main/supervisor/owed-records.ts';
import type { SessionIdentity } from '../../../main/supervisor/session-identity.ts';
import { keyedPassphrase, writeKeystore } from '../../helpers/keyed-home.ts';
import { type TemporaryLog, temporaryLog } from '../audit/temporary-log.ts';

const presets = await loadPresets(path.resolve(import.meta.dirname, '../../../resources/agents'));
const generic = presets.find(({ id }) => id === 'generic') as Preset;
const log = pino({ level: 'silent' });

/** Agents over a real state file, record and keystore; sessions are told by hand. */
class Ground {
  readonly ended: string[] = [];
  readonly running = new Set<string>();
  onEnd: () => void = () => {};
  at = Date.parse('2026-05-01T00:00:00Z');
  keystore: Keystore | undefined;
  readonly files: TemporaryLog;
  readonly state: StateDatabase;
  readonly agents: Agents;
  readonly program: string;
  readonly events: () => Promise<readonly AuditEvent[]>;

  private constructor(parts: Pick<Ground, 'files' | 'state' | 'agents' | 'program' | 'events'>) {
    this.files = parts.files;
    this.state = parts.state;
    this.agents = parts.agents;
    this.program = parts.program;
    this.events = parts.events;
  }

  static async open(): Promise<Ground> {
    const files = await temporaryLog();
    const audit = await files.write();
    const program = path.join(files.folder, 'program');
    await writeFile(program, 'first');
    await writeKeystore(files.folder);
    const keystore = await openFileKeystore(path.join(files.folder, 'keystore.json'), keyedPassphrase);
    const state = new StateDatabase(path.join(files.folder, 'state.db'));
    const found: { ground?: Ground } = {};
    const here = () => found.ground as Ground;
    const agents = new Agents({
      state,
      audit,
      clock: { now: () => here().at, random: () => new Uint8Array(4) },
      owed: new OwedRecords(log),
      log,
      signing: {
        keystore: async () => {
          const { keystore: open } = here();
          return open === undefined
            ? { keystore: undefined, why: 'It is away.', remedy: 'Bring it.' }
            : { keystore: open };
        },
      },
      presets,
      person: os.userInfo().username,
      sessionsOf: () => [...here().running],
      endSessions: async (ids) => {
        here().onEnd();
        here().ended.push(...ids);
      },
      removeRules: async () => 0,
    });
    const events = async () => {
      await audit.flush();
      const { events: newest } = await (await files.read()).query({ query: '', limit: 100 });
      return newest.toReversed();
    };
    found.ground = new Ground({ files, state, agents, program, events });
    found.ground.keystore = keystore;
    return found.ground;
  }

  async candidate(name: string): Promise<Candidate> {
    const { path: real, sha256 } = (await attestFile(this.program)) ?? { path: '', sha256: '' };
    return { name, preset: generic, attestation: { path: real, sha256, interpreters: [] } };
  }

  async add(name: string): Promise<void> {
    await this.agents.accept(this.agents.ask(await this.candidate(name)));
  }

  async certify(name: string, session: string): Promise<SessionIdentity> {
    this.running.add(session);
    return this.agents.certify(name, { session, task: 't-00000001', executable: 'a'.repeat(64) });
  }

  async close(): Promise<void> {
    for (const session of this.running) this.agents.release(session);
    this.state.close();
    await this.files.remove();
  }
}

let ground: Ground;
beforeEach(async () => {
  ground = await Ground.open();
});
afterEach(() => ground.close());

describe('keys', () => {
  test('[IDN-1] each agent has its own, encrypted on disk, and another’s signature is worth nothing', async () => {
    await ground.add('one');
    await ground.add('two');
    const [one, two] = ground.agents.list();
    expect(one?.fingerprint).not.toBe(two?.fingerprint);
    const keystore = ground.keystore as Keystore;
    const secret = (await keystore.find('agent-key/one')) ?? '';
    expect(secret.length).toBeGreaterThan(100);
    for (const file of ['keystore.json', 'state.db', 'state.db-wal', 'audit.db', 'audit.db-wal']) {
      const bytes = await readFile(path.join(ground.files.folder, file)).catch(() => Buffer.alloc(0));
      expect(bytes.includes(secret), file).toBe(false);
      expect(bytes.includes(Buffer.from(secret, 'base64').subarray(36, 68)), file).toBe(false);
    }
    const signature = await signAsAgent(keystore, { name: 'one', fingerprint: one?.fingerprint ?? '' }, 'text');
    expect(isSignedByAgent(one?.publicKey ?? '', 'text', signature)).toBe(true);
    expect(isSignedByAgent(two?.publicKey ?? '', 'text', signature)).toBe(false);
    expect(isSignedByAgent(one?.publicKey ?? '', 'other', signature)).toBe(false);
  });

  test('[IDN-1] a keystore with another key than is on record, or none, signs nothing', async () => {
    await ground.add('one');
    const keystore = ground.keystore as Keystore;
    await makeAgentKey().keep(keystore, 'one');
    await expect(ground.certify('one', '0001-calm-otter')).rejects.toMatchObject({ data: { code: 'agent_refused' } });
    await keystore.set('agent-key/one', 'no key at all');
    await expect(ground.certify('one', '0001-calm-otter')).rejects.toThrow('is no key');
    await keystore.remove('agent-key/one');
    await expect(ground.certify('one', '0001-calm-otter')).rejects.toThrow('agents rotate one');
    await ground.agents.rotate('one');
    expect((await ground.certify('one', '0002-calm-otter')).state()).toBe('valid');
  });

  test('[IDN-1] an agent with a key does not start without its keystore; one that nobody brought in starts as nobody', async () => {
    await ground.add('one');
    ground.keystore = undefined;
    await expect(ground.agents.admit(await ground.candidate('one'))).rejects.toMatchObject({
      data: { code: 'keystore_unavailable' },
    });
    expect(await ground.agents.admit(await ground.candidate('two'))).toEqual({ agent: undefined, why: 'It is away.' });
    await ground.agents.suspend('one');
    await expect(ground.agents.admit(await ground.candidate('one'))).rejects.toThrow('is suspended');
  });
});

describe('answers', () => {
  test('[IDN-2] an answer to a program that changed meanwhile accepts nothing', async () => {
    const question = ground.agents.ask(await ground.candidate('one'));
    await writeFile(ground.program, 'swapped');
    await expect(ground.agents.accept(question)).rejects.toThrow('no longer so');
    expect(ground.agents.list()).toEqual([]);
    await ground.add('one');
    await writeFile(ground.program, 'third');
    const changed = ground.agents.ask(await ground.candidate('one'));
    expect(changed.changes).toEqual([expect.stringContaining('other contents')]);
    // What was accepted first is not accepted again by the older answer.
    await ground.agents.accept(changed);
    await expect(ground.agents.accept(changed)).rejects.toThrow('no longer so');
  });

  test('[IDN-1] nobody is no agent, and somebody has to answer for each', async () => {
    const candidate = await ground.candidate('generic');
    expect(() => ground.agents.ask(candidate)).toThrow('is nobody');
    expect(await ground.agents.admit(candidate)).toEqual({ agent: undefined, why: undefined });
    const ownerless = ground.agents.ask({ ...candidate, name: 'one', owner: 'nobody-of-this-name' });
    await expect(ground.agents.accept(ownerless)).rejects.toThrow('no user');
  });

  test('[IDN-1] a code is good for its surface, its question and one answer', async () => {
    const { questions } = ground.agents;
    const surface = { asked: () => {}, changed: () => {} };
    const other = { asked: () => {}, changed: () => {} };
    const { digest } = ground.agents.ask(await ground.candidate('one'));
    const code = questions.codeFor(surface, digest);
    expect(() => questions.take(other, digest, code)).toThrow('not open');
    expect(() => questions.take(surface, digest, code === '222' ? '333' : '222')).toThrow('code');
    // A wrong one costs the right one too.
    expect(() => questions.take(surface, digest, code)).toThrow('not open');
    expect(questions.take(surface, digest, questions.codeFor(surface, digest)).name).toBe('one');
    expect(() => questions.take(surface, digest, code)).toThrow('not open');
  });
});

describe('credentials', () => {
  test('[IDN-4] [GRT-4] suspended: every decision is a denial before the sessions end, and all is on record', async () => {
    await ground.add('one');
    const identity = await ground.certify('one', '0001-calm-otter');
    expect(identity.state()).toBe('valid');
    let atEnd: unknown;
    ground.onEnd = () => {
      atEnd = identity.state();
    };
    await ground.agents.suspend('one');
    expect(atEnd).toBe('suspended');
    expect(ground.ended).toEqual(['0001-calm-otter']);
    await identity.renew();
    expect(identity.state()).toBe('suspended');
    await expect(ground.agents.admit(await ground.candidate('one'))).rejects.toThrow('agents resume one');
    await ground.agents.resume('one');
    expect((await ground.agents.admit(await ground.candidate('one'))).agent?.name).toBe('one');
    const kinds = (await ground.events()).map(({ kind }) => kind).filter((kind) => kind.startsWith('agent.'));
    expect(kinds).toEqual(['agent.added', 'agent.suspended', 'agent.resumed']);
  });

  test('[IDN-4] a rotated key takes over in running sessions, and the old one opens nothing', async () => {
    await ground.add('one');
    const before = ground.agents.show('one');
    const identity = await ground.certify('one', '0001-calm-otter');
    const old = identity.claims;
    const after = await ground.agents.rotate('one');
    expect(after.fingerprint).not.toBe(before.fingerprint);
    expect(identity.state()).toBe('valid');
    expect(identity.claims).toMatchObject({ fingerprint: after.fingerprint, session: old?.session });
  });

  test('[IDN-4] retired: no key, no start, and a new one of that name has another key', async () => {
    await ground.add('one');
    const before = ground.agents.show('one');
    const identity = await ground.certify('one', '0001-calm-otter');
    await ground.agents.retire('one');
    expect(identity.state()).toBe('retired');
    expect(await ground.keystore?.find('agent-key/one')).toBeUndefined();
    await expect(ground.agents.admit(await ground.candidate('one'))).rejects.toThrow('is retired');
    for (const action of ['suspend', 'resume', 'rotate', 'retire'] as const) {
      await expect(ground.agents[action]('one')).rejects.toMatchObject({ data: { code: 'agent_refused' } });
    }
    await ground.add('one');
    expect(ground.agents.show('one').fingerprint).not.toBe(before.fingerprint);
    // The session of the retired one is not taken over by its successor.
    expect(identity.state()).toBe('expired');
  });

  test('[GRT-4] a credential ends, and is renewed before', async () => {
    await ground.add('one');
    const identity = await ground.certify('one', '0001-calm-otter');
    const until = identity.claims?.notAfter ?? 0;
    expect(until - ground.at).toBe(credentialLifeMs);
    ground.at += credentialLifeMs - credentialRenewMs;
    await identity.renew();
    ground.at = until;
    expect(identity.state()).toBe('valid');
    identity.close();
    expect(identity.state()).toBe('expired');
    await identity.renew();
    expect(identity.state()).toBe('expired');
  });

  test('what is kept is there again for the next supervisor', async () => {
    await ground.add('one');
    await ground.agents.suspend('one');
    expect(ground.state.agents()).toMatchObject([{ name: 'one', state: 'suspended' }]);
  });
});

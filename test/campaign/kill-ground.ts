import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { AuditEvent } from '#contract/audit.ts';
import { type ControlClient, connectControl } from '../../main/adapters/control/client.ts';
import { type StatePaths, statePaths } from '../../main/adapters/control/paths.ts';
import type { TempHome } from '../helpers/temp-home.ts';
import { type LoopbackService, startLoopbackService } from './loopback-service.ts';
import { openSignedHome } from './signed-home.ts';

/** A home whose supervisor may die at any moment, with a client and a follower of the record. */
export interface KillGround {
  readonly home: TempHome;
  readonly paths: StatePaths;
  readonly service: LoopbackService;
  readonly port: number;
  readonly control: ControlClient;
  /** The supervisor of now. */
  readonly pid: number;
  /** Starts a supervisor where none is, and connects to the one that runs. */
  connect(): Promise<void>;
  /** What the follower was told since the last call. */
  takeTold(): { readonly seq: number; readonly hash: string }[];
  /** Everything on record after `seq`, oldest first. */
  eventsAfter(seq: number): Promise<AuditEvent[]>;
  close(): Promise<void>;
}

const pageSize = 10_000;

/** Makes the ground and starts its first supervisor. */
export async function openKillGround(): Promise<KillGround> {
  // Folders of the system alone: toolchains on the caller's PATH would be one more thing to look for at each start.
  const home = await openSignedHome({ PATH: '/usr/local/bin:/usr/bin:/bin' });
  const paths = statePaths(home.environment);
  const service = await startLoopbackService();
  let control: ControlClient | undefined;
  let pid = 0;
  let told: { seq: number; hash: string }[] = [];
  const ground: KillGround = {
    home,
    paths,
    service,
    port: service.port,
    get control() {
      if (control === undefined) throw new Error('no supervisor is connected');
      return control;
    },
    get pid() {
      return pid;
    },
    async connect() {
      control?.close();
      const started = await home.run(['supervisor', 'start']);
      if (started.status !== 0) throw new Error(`no supervisor starts: ${started.stderr}`);
      control = await connectControl(paths);
      control.on('log.appended', ({ event }) => told.push({ seq: event.seq, hash: event.hash }));
      await control.call('log.follow', { query: '' });
      pid = (await control.call('supervisor.status', {})).pid;
    },
    takeTold() {
      const taken = told;
      told = [];
      return taken;
    },
    async eventsAfter(seq) {
      const found: AuditEvent[] = [];
      for (let before: number | undefined; ; ) {
        const page = await ground.control.call('log.query', {
          query: '',
          after: seq,
          limit: pageSize,
          ...(before === undefined ? {} : { before }),
        });
        found.push(...page.events);
        before = page.events.at(-1)?.seq;
        if (!page.more || before === undefined) return found.reverse();
      }
    },
    async close() {
      control?.close();
      await home.close();
      await service.close();
    },
  };
  await ground.connect();
  return ground;
}

/** What may be in the state folder when no session runs; sockets and compiled code besides. */
const expectedFiles = [
  /^config(?:\/|$)/u,
  /^compile-cache(?:\/|$)/u,
  /^run$|^run\/s$|^run\/(?:control|stream)\.sock$/u,
  /^state$|^state\/(?:audit|state)\.db(?:-wal|-shm|-journal)?$|^state\/audit\.db-writer(?:-journal)?$/u,
  /^state\/supervisor\.(?:log|lock|lock-journal)(?:\.\d)?$|^state\/policies\.verified$|^state\/keystore\.json$/u,
  /^state\/homes(?:\/|$)/u,
];

/** What sessions left that are over: files of the state folder, mounts of the host. */
export async function findLitter(ground: KillGround): Promise<string[]> {
  const { home } = ground;
  const files = await readdir(home.state, { recursive: true });
  const mounts = (await readFile('/proc/self/mounts', 'utf8')).split('\n').filter((line) => line.includes(home.folder));
  const others = (await readdir(home.folder)).filter((name) => !['home', 'state'].includes(name));
  return [
    ...files.filter((file) => !expectedFiles.some((pattern) => pattern.test(file))),
    ...mounts,
    ...others.map((name) => path.join(home.folder, name)),
  ];
}

import { execFile, spawn } from 'node:child_process';
import { access, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../../helpers/poll.ts';
import { isRunning } from '../../../helpers/processes.ts';
import { type Attempt, reaches, reads } from '../attempt.ts';
import { besideAddress, type Target } from '../planted-host.ts';

const execute = promisify(execFile);
const group = 'local services';
const stream = (socket: string, { mark }: Target) => `python3 attack.py unix stream '${socket}' ${mark}`;

const bySocket: readonly Attempt[] = [
  reaches(group, 'the session bus, by the path in its variable', (t) => stream(t.host.sockets.run, t)),
  reaches(
    group,
    'ssh-agent, whose variable the caller has',
    ({ mark }) => `python3 attack.py unix stream "\${SSH_AUTH_SOCK:-none}" ${mark}`,
  ),
  reaches(
    group,
    'a container engine’s socket, with curl',
    ({ host, mark }) => `curl -s -m 8 --unix-socket '${host.sockets.run}' http://d/${mark}`,
  ),
  reaches(group, 'an agent’s socket in /tmp', (t) => stream(t.host.sockets.tmp, t)),
  reaches(group, 'gpg-agent in the home', (t) => stream(t.host.sockets.home, t)),
  reaches(group, 'a socket in the workspace', (t) => stream(t.host.sockets.workspace, t)),
  reaches(
    group,
    'a socket in the workspace, through a link',
    (t) => `ln -s '${t.host.sockets.workspace}' s-link; ${stream('s-link', t)}`,
  ),
  reaches(group, 'X11 by its abstract socket', (t) => stream(t.host.sockets.abstract, t)),
  reaches(
    group,
    'a service manager’s notifications, by datagram',
    ({ host, mark }) => `python3 attack.py unix datagram '${host.sockets.datagram}' ${mark}`,
  ),
  reaches(
    group,
    'the same in the abstract namespace',
    ({ host, mark }) => `python3 attack.py unix datagram '${host.sockets.abstractDatagram}' ${mark}`,
  ),
  reaches(
    group,
    'a descriptor sent over a socket',
    ({ host, mark }) => `python3 attack.py send-descriptor '${host.sockets.run}' README.md ${mark}`,
  ),
  reaches(group, 'a socket through the root of the person’s process', (t) =>
    stream(`/proc/${t.host.victim.pid}/root${t.host.sockets.tmp}`, t),
  ),
  {
    group,
    what: 'a program started outside by the real message bus',
    seen: 'the program ran on the host',
    prepare: startBus,
    steps: ({ folder }) =>
      `dbus-send --bus='unix:path=${folder}/bus' --print-reply --reply-timeout=2000 --dest=org.freedesktop.DBus / org.freedesktop.DBus.StartServiceByName string:org.example.Victim uint32:0`,
    succeeded: ({ folder }) => exists(path.join(folder, 'activated')),
  },
  reads(group, 'the caller’s SSH and bus addresses, in its variables', () => 'env', {
    succeeded: ({ host }, { output }) => output.includes(host.sockets.run),
    seen: 'the planted address was printed inside',
  }),
];

async function startBus({ folder, onClose }: Target): Promise<void> {
  await mkdir(path.join(folder, 'services'));
  await writeFile(
    path.join(folder, 'services/org.example.Victim.service'),
    `[D-BUS Service]\nName=org.example.Victim\nExec=/usr/bin/touch ${folder}/activated\n`,
  );
  const configuration = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path=${folder}/bus</listen><servicedir>${folder}/services</servicedir>
<policy context="default"><allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/><allow own="*"/></policy></busconfig>`;
  await writeFile(path.join(folder, 'bus.conf'), configuration);
  const bus = spawn('dbus-daemon', ['--nofork', `--config-file=${folder}/bus.conf`], { stdio: 'ignore' });
  const ended = new Promise<void>((resolve) => bus.once('error', () => resolve()).once('exit', () => resolve()));
  onClose(async () => {
    bus.kill('SIGKILL');
    await ended;
  });
  // Where there is no message bus, the control fails and the attempt does not count.
  await Promise.race([ended, eventually(() => exists(path.join(folder, 'bus')), { what: 'the bus to listen' })]);
}

/** Gatehouse's own doors. */
const ours: readonly Attempt[] = [
  ownState(
    'the control socket',
    ({ host }) => `python3 attack.py unix stream '${host.place.state}/run/control.sock' x`,
    /unix: (?:OK|TIMEDOUT|timed out|ETIMEDOUT)/u,
  ),
  ownState(
    'the stream socket',
    ({ host }) => `python3 attack.py unix stream '${host.place.state}/run/stream.sock' x`,
    /unix: (?:OK|TIMEDOUT|timed out|ETIMEDOUT)/u,
  ),
  ownState('the names in its state folder', ({ host }) => `ls '${host.place.state}/state'`, /audit\.db/u),
  ownState('other sessions’ private homes', ({ host }) => `ls '${host.place.state}/state/homes'`, /generic/u),
  {
    ...ownState('SIGKILL to the supervisor', () => 'kill -9 $(cat steps/supervisor)', /never/u),
    seen: 'the supervisor was gone',
    async succeeded({ host: { place } }) {
      const pid = await supervisorPid(place);
      return pid === undefined || !(await isRunning(pid));
    },
  },
  {
    ...ownState(
      'SIGKILL to the helpers of another session',
      () => 'kill -9 $(cat steps/children); sleep 0.3',
      /never/u,
    ),
    seen: 'a helper outside was gone',
    async succeeded({ workspace }) {
      const { stdout } = await execute('cat', [path.join(workspace, 'steps/children')]);
      const alive = await Promise.all(
        stdout
          .trim()
          .split(/\s+/u)
          .map((pid) => isRunning(Number(pid))),
      );
      return alive.includes(false);
    },
  },
  {
    group,
    what: 'a session beside it, by whatever socket its program keeps',
    seen: 'the host that only the other session may reach heard the mark',
    alone: true,
    async prepare(target) {
      const beside = await target.contestant.startBeside?.(target.host);
      if (beside === undefined) return;
      target.onClose(beside.end);
      await writeFile(path.join(target.workspace, 'steps/folders'), beside.folders.join('\n'));
    },
    steps: ({ host, mark }) =>
      `python3 attack.py sockets '${besideAddress}:${host.ports.beside}/${mark}' $(cat steps/folders)`,
    succeeded: async ({ host, mark }) => (await host.heard()).some(({ data }) => data.includes(mark)),
  },
];

function ownState(what: string, steps: Attempt['steps'], words: RegExp): Attempt {
  return {
    group,
    what: `Gatehouse’s own: ${what}`,
    seen: 'it was found and answered',
    onlyFor: 'gatehouse',
    alone: true,
    async prepare({ host: { place, environment }, workspace }) {
      await place.run(['run', '--', 'true'], { environment });
      const pid = await supervisorPid(place);
      await writeFile(path.join(workspace, 'steps/supervisor'), String(pid));
      const { stdout } = await execute('pgrep', ['-P', String(pid)]).catch(() => ({ stdout: '' }));
      await writeFile(path.join(workspace, 'steps/children'), stdout);
    },
    steps,
    succeeded: (_target, { output }) => words.test(output),
  };
}

async function supervisorPid(place: Target['host']['place']): Promise<number | undefined> {
  const { stdout } = await place.run(['supervisor', 'status', '--json'], {
    environment: { ...place.environment, PATH: '/usr/local/bin:/usr/bin:/bin' },
  });
  const pid = /"pid":\s*(\d+)/u.exec(stdout)?.[1];
  return pid === undefined ? undefined : Number(pid);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

export const serviceAttempts: readonly Attempt[] = [...bySocket, ...ours];

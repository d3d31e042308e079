import path from 'node:path';
import { expect } from 'vitest';
import type { GuardName } from '../../../main/core/sandbox/guards.ts';
import { eventually } from '../../helpers/poll.ts';
import { escapeTests, expectLines } from '../harness/escape.ts';
import { type HostService, openHostService } from '../harness/host-service.ts';
import type { Walls } from '../harness/walls.ts';

const escapeTest = escapeTests();

interface Service {
  readonly what: string;
  readonly kind?: 'dgram';
  /** What keeps it away; a socket that lies in the host's /tmp when absent. */
  readonly guard?: GuardName;
  /** Where it listens; `@` is the abstract namespace. */
  address(walls: Walls): string;
  /** How programs find it. */
  variables(address: string): Readonly<Record<string, string>>;
}

const below = (walls: Walls, name: string) => path.join(walls.folder, name);
/** Abstract names are one space for the machine: unique by the name of this test's own folder. */
const abstract = (walls: Walls, name: string) => `@${name}-${path.basename(walls.folder)}`;

const services: readonly Service[] = [
  {
    what: 'the D-Bus session bus',
    address: (walls) => below(walls, 'user/bus'),
    variables: (address) => ({
      DBUS_SESSION_BUS_ADDRESS: `unix:path=${address}`,
      XDG_RUNTIME_DIR: path.dirname(address),
    }),
  },
  {
    what: 'the D-Bus session bus, abstract',
    guard: 'net-namespace',
    address: (walls) => abstract(walls, 'dbus'),
    variables: (address) => ({ DBUS_SESSION_BUS_ADDRESS: `unix:abstract=${address.slice(1)}` }),
  },
  {
    what: 'the D-Bus system bus',
    address: (walls) => below(walls, 'dbus/system_bus_socket'),
    variables: (address) => ({ DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${address}` }),
  },
  {
    what: 'the accessibility bus',
    address: (walls) => below(walls, 'at-spi/bus'),
    variables: (address) => ({ AT_SPI_BUS_ADDRESS: `unix:path=${address}` }),
  },
  {
    what: 'systemd’s private socket of the user',
    address: (walls) => below(walls, 'user/systemd/private'),
    variables: (address) => ({ XDG_RUNTIME_DIR: path.dirname(path.dirname(address)) }),
  },
  {
    what: 'the notification socket of systemd, a datagram socket',
    kind: 'dgram',
    address: (walls) => below(walls, 'systemd/notify'),
    variables: (address) => ({ NOTIFY_SOCKET: address }),
  },
  {
    what: 'an abstract datagram socket',
    kind: 'dgram',
    guard: 'net-namespace',
    address: (walls) => abstract(walls, 'log'),
    variables: (address) => ({ NOTIFY_SOCKET: address }),
  },
  {
    what: 'Docker',
    address: (walls) => below(walls, 'docker.sock'),
    variables: (address) => ({ DOCKER_HOST: `unix://${address}` }),
  },
  {
    what: 'Podman and containerd',
    address: (walls) => below(walls, 'podman/podman.sock'),
    variables: (address) => ({ CONTAINER_HOST: `unix://${address}`, CONTAINERD_ADDRESS: address }),
  },
  {
    what: 'ssh-agent',
    address: (walls) => below(walls, 'ssh/agent.1'),
    variables: (address) => ({ SSH_AUTH_SOCK: address, SSH_AGENT_PID: '1' }),
  },
  {
    what: 'gpg-agent in the home',
    guard: 'private-home',
    address: (walls) => path.join(walls.home, '.gnupg/S.gpg-agent'),
    variables: (address) => ({ GPG_AGENT_INFO: `${address}:1:1`, GNUPGHOME: path.dirname(address) }),
  },
  {
    what: 'the X server',
    address: (walls) => below(walls, '.X11-unix/X77'),
    variables: (address) => ({ DISPLAY: `unix:${address}`, XAUTHORITY: '/nowhere' }),
  },
  {
    what: 'the X server, abstract',
    guard: 'net-namespace',
    address: (walls) => abstract(walls, '/tmp/.X11-unix/X77'),
    variables: () => ({ DISPLAY: ':77' }),
  },
  {
    what: 'Wayland',
    address: (walls) => below(walls, 'user/wayland-0'),
    variables: (address) => ({ WAYLAND_DISPLAY: address, XDG_RUNTIME_DIR: path.dirname(address) }),
  },
  {
    what: 'PipeWire and PulseAudio',
    address: (walls) => below(walls, 'user/pipewire-0'),
    variables: (address) => ({ PIPEWIRE_REMOTE: address, PULSE_SERVER: `unix:${address}` }),
  },
  {
    what: 'tmux',
    address: (walls) => below(walls, 'tmux-1000/default'),
    variables: (address) => ({ TMUX: `${address},1,0`, TMUX_PANE: '%0', STY: '1.x' }),
  },
  {
    what: 'an editor',
    address: (walls) => below(walls, 'vscode-ipc.sock'),
    variables: (address) => ({ VSCODE_IPC_HOOK_CLI: address, NVIM: address, EMACS_SOCKET_NAME: address }),
  },
  {
    what: 'a database in the home',
    guard: 'private-home',
    address: (walls) => path.join(walls.home, '.local/run/.s.PGSQL.5432'),
    variables: (address) => ({ PGHOST: path.dirname(address) }),
  },
];

let running: Promise<unknown> | undefined;

for (const { what, kind, guard = 'private-tmp', address, variables } of services) {
  const command = kind === 'dgram' ? 'send-unix' : 'connect-unix';
  const script = (at: string) =>
    `./probe ${command} '${at}' hello; env | grep -E '^(${Object.keys(variables(at)).join('|')})=' | cut -d= -f1 | sort -u`;
  let service: HostService | undefined;

  escapeTest(`a service of the host: ${what}`, {
    requirement: '[GRT-1]',
    guards: [guard],
    async control(walls) {
      // The supervisor may ask for the person's keychain on their bus: it runs already, in an environment without one.
      running ??= walls.run('true');
      await running;
      service = await openHostService(walls, kind ?? 'stream', address(walls));
      const run = await walls.outside(script(service.address), { environment: variables(service.address) });
      expectLines(run, [`${command}: OK`, ...Object.keys(variables(service.address)).sort()]);
      await eventually(() => service?.heard().at(-1) === 'heard hello', { what: 'the service to hear the control' });
    },
    async attempt(walls) {
      const at = address(walls);
      const run = await walls.run(script(at), { environment: variables(at) });
      expectLines(run, [`${command}: ${at.startsWith('@') ? 'ECONNREFUSED' : 'ENOENT'}`]);
      return run;
    },
    async observe() {
      const heard = service?.heard();
      await service?.close();
      expect(heard).toEqual(kind === 'dgram' ? ['heard hello'] : ['connected', 'heard hello']);
    },
  });
}

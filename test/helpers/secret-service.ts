import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { runCommand } from './gatehouse.ts';
import { eventually } from './poll.ts';

/** A real keychain (gnome-keyring) on a message bus of its own, of one test. Nobody else's keychain is ever touched. */
export interface SecretService {
  /** Holds everything of it. */
  readonly folder: string;
  /** How a program finds it. */
  readonly environment: Readonly<Record<'DBUS_SESSION_BUS_ADDRESS' | 'XDG_RUNTIME_DIR', string>>;
  /** The bus listens at a path and in the abstract namespace (without the leading NUL). */
  readonly busSocket: string;
  readonly abstractName: string;
  /** The keychain's own control socket. */
  readonly controlSocket: string;
  /** Locks the collection. What asks then gets a prompt that nobody shows, and so no answer but a refusal. */
  lock(): Promise<void>;
  /** From now on the keychain is there and says nothing. */
  pause(): void;
  resume(): void;
  /** The keychain is gone; the bus stays. */
  vanish(): Promise<void>;
  /** Brings the keychain back, with its items, unlocked. */
  comeBack(): Promise<void>;
  /** The bus is gone too. */
  endBus(): Promise<void>;
  close(): Promise<void>;
}

/** What a test wants otherwise. */
export interface SecretServiceOptions {
  /** The bus lets nobody talk to the keychain. */
  readonly deny?: boolean;
  /** A bus without a keychain. */
  readonly empty?: boolean;
}

const password = 'the password of a test keychain';

/** Starts a bus and a keychain, unlocked. Close it in `afterAll`, also when tests failed. */
export async function startSecretService(options: SecretServiceOptions = {}): Promise<SecretService> {
  const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), 'gk-')));
  const runtime = path.join(folder, 'run');
  const home = path.join(folder, 'home');
  for (const made of [runtime, home]) await mkdir(made, { mode: 0o700 });
  const busSocket = path.join(runtime, 'bus');
  const abstractName = `gk-${randomBytes(8).toString('hex')}`;
  const config = path.join(folder, 'bus.conf');
  await writeFile(config, busConfig(busSocket, abstractName, options.deny === true));
  const environment = { DBUS_SESSION_BUS_ADDRESS: `unix:path=${busSocket}`, XDG_RUNTIME_DIR: runtime };
  const own = {
    ...environment,
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    XDG_DATA_HOME: path.join(home, 'data'),
    LANG: 'C.UTF-8',
  };
  const start = (file: string, args: string[], input: string): ChildProcess => {
    const child = spawn(file, args, { cwd: '/', env: own, stdio: ['pipe', 'ignore', 'ignore'] });
    // A program that is missing, or that ends before it reads, shows in what waits for it.
    child.on('error', () => undefined);
    child.stdin?.on('error', () => undefined).end(input);
    return child;
  };
  const send = (destination: string, object: string, member: string, ...args: string[]) =>
    runCommand('dbus-send', ['--session', '--print-reply', `--dest=${destination}`, object, member, ...args], {
      environment: own,
      cwd: '/',
    });
  const hasOwner = async (): Promise<boolean> => {
    const args = ['org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets'];
    const { status, stdout } = await send(
      'org.freedesktop.DBus',
      '/org/freedesktop/DBus',
      args[0] ?? '',
      args[1] ?? '',
    );
    if (status !== 0) throw new Error('the bus does not answer');
    return stdout.includes('true');
  };
  const bus = start('dbus-daemon', [`--config-file=${config}`, '--nofork', '--nopidfile', '--nosyslog'], '');
  let keychain: ChildProcess | undefined;
  const comeBack = async (): Promise<void> => {
    keychain = start('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], password);
    await eventually(hasOwner, { what: 'the keychain to be on its bus' });
  };
  const vanish = async (): Promise<void> => {
    await kill(keychain);
    keychain = undefined;
    if (bus.exitCode === null && bus.signalCode === null) {
      await eventually(async () => !(await hasOwner()), { what: 'the keychain to be off its bus' });
    }
  };
  const close = async (): Promise<void> => {
    await kill(keychain);
    await kill(bus);
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    await eventually(async () => !(await hasOwner()), { what: 'the bus to answer' });
    if (options.empty !== true) await comeBack();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    folder,
    environment,
    busSocket,
    abstractName,
    controlSocket: path.join(runtime, 'keyring', 'control'),
    async lock() {
      const collection = 'array:objpath:/org/freedesktop/secrets/collection/login';
      const member = 'org.freedesktop.Secret.Service.Lock';
      const { status, stderr } = await send('org.freedesktop.secrets', '/org/freedesktop/secrets', member, collection);
      if (status !== 0) throw new Error(`the keychain was not locked: ${stderr}`);
    },
    pause: () => void keychain?.kill('SIGSTOP'),
    resume: () => void keychain?.kill('SIGCONT'),
    vanish,
    comeBack,
    endBus: async () => {
      await kill(keychain);
      await kill(bus);
    },
    close,
  };
}

async function kill(child: ChildProcess | undefined): Promise<void> {
  if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

/** Complete in itself: nothing of the system's own bus configuration, and nothing that the bus would start. */
function busConfig(socket: string, abstractName: string, deny: boolean): string {
  return `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
  "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${socket}</listen>
  <listen>unix:abstract=${abstractName}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
    ${deny ? '<deny send_destination="org.freedesktop.secrets"/>' : ''}
  </policy>
</busconfig>
`;
}

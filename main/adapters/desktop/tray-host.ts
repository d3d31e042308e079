import { type BusMessage, connectMessageBus, type MessageBus, messageKinds } from './message-bus.ts';
import { isSelectionHeld } from './x-selection.ts';

const bus = { name: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus' } as const;
const watcher = { name: 'org.kde.StatusNotifierWatcher', path: '/StatusNotifierWatcher' } as const;

/** The program that shows icons in the older way holds this of the X display (freedesktop.org System Tray Protocol). */
const olderTray = '_NET_SYSTEM_TRAY_S0';

/**
 * Whether the desktop shows tray icons (StatusNotifierItem): asked of its message bus, and followed. A desktop's panel may come after us,
 * go and come back; many desktops have none, and small ones have one of the older kind.
 */
export class TrayHost {
  #isThere = false;
  #bus: MessageBus | undefined;
  readonly #listeners = new Set<(isThere: boolean) => void>();

  /** Whether the newer kind is there. */
  get isThere(): boolean {
    return this.#isThere;
  }

  /** Whether an icon of ours is shown anywhere now, in the older way too. */
  async isAny(environment: Readonly<Record<string, string | undefined>>): Promise<boolean> {
    return this.#isThere || (await isSelectionHeld(olderTray, environment));
  }

  /** Called whenever it comes or goes. */
  onChange(listener: (isThere: boolean) => void): void {
    this.#listeners.add(listener);
  }

  /** Looks, and goes on looking until `close`. Resolves when it is known for the first time. Without a bus there is none. */
  async follow(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
    try {
      this.#bus = await connectMessageBus(environment);
    } catch {
      // No bus, no tray: what follows is the same.
      return;
    }
    const connection = this.#bus;
    connection.unref();
    connection.onMessage((message) => {
      if (concernsUs(message)) void this.#look(connection);
    });
    void connection.closed.then(() => this.#set(false));
    for (const rule of [
      `type='signal',sender='${bus.name}',member='NameOwnerChanged',arg0='${watcher.name}'`,
      `type='signal',interface='${watcher.name}',member='StatusNotifierHostRegistered'`,
      `type='signal',interface='${watcher.name}',member='StatusNotifierHostUnregistered'`,
    ]) {
      await connection.call(bus.name, bus.path, `${bus.name}.AddMatch`, 's', [rule]).catch(() => undefined);
    }
    await this.#look(connection);
  }

  close(): void {
    this.#listeners.clear();
    this.#bus?.close();
  }

  async #look(connection: MessageBus): Promise<void> {
    this.#set(await hasHost(connection));
  }

  #set(isThere: boolean): void {
    if (isThere === this.#isThere) return;
    this.#isThere = isThere;
    for (const listener of this.#listeners) listener(isThere);
  }
}

function concernsUs({ kind, member, interface: of }: BusMessage): boolean {
  return kind === messageKinds.signal && (of === watcher.name || (of === bus.name && member === 'NameOwnerChanged'));
}

/** Nobody is started to answer: first whether somebody has the name. */
async function hasHost(connection: MessageBus): Promise<boolean> {
  try {
    const [isOwned] = await connection.call(bus.name, bus.path, `${bus.name}.NameHasOwner`, 's', [watcher.name]);
    if (isOwned !== true) return false;
    const property = 'IsStatusNotifierHostRegistered';
    const get = 'org.freedesktop.DBus.Properties.Get';
    const [found] = await connection.call(watcher.name, watcher.path, get, 'ss', [watcher.name, property]);
    return typeof found === 'object' && 'value' in found && found.value === true;
  } catch {
    // It went away while it was asked, or is none of the kind.
    return false;
  }
}

import type { BusValue } from '../../../main/adapters/desktop/bus-values.ts';
import {
  type BusMessage,
  connectMessageBus,
  type MessageBus,
  messageKinds,
} from '../../../main/adapters/desktop/message-bus.ts';
import { eventually } from '../poll.ts';

const watcherName = 'org.kde.StatusNotifierWatcher';
const noticesName = 'org.freedesktop.Notifications';
const itemInterface = 'org.kde.StatusNotifierItem';
const menuInterface = 'com.canonical.dbusmenu';

/** A notification, as the desktop was given it. */
export interface Notice {
  readonly id: number;
  readonly replaces: number;
  readonly title: string;
  readonly text: string;
  /** Keys and labels of what can be pressed. */
  readonly actions: readonly string[];
}

/** An entry of the tray icon's menu. */
export interface MenuEntry {
  readonly id: number;
  readonly label: string;
  readonly enabled: boolean;
}

/** What a desktop's panel sees of the app's tray icon, and does with it. */
export interface TrayItem {
  readonly toolTip: () => Promise<string>;
  readonly menu: () => Promise<readonly MenuEntry[]>;
  /** As a person who chooses an entry, by the beginning of its label. */
  readonly choose: (label: string) => Promise<void>;
  /** As a person who clicks the icon. */
  readonly click: () => Promise<void>;
}

/** The desktop's side of a message bus: shows tray icons, and notifications. */
export interface DesktopOnBus {
  readonly notices: readonly Notice[];
  /** Ids of notifications that the app took back. */
  readonly takenBack: readonly number[];
  /** As a person who clicks a notification. */
  readonly clickNotice: (id: number) => void;
  /** The panel comes; the app's icon appears in it. */
  readonly openTray: () => Promise<void>;
  /** The panel goes. */
  readonly closeTray: () => Promise<void>;
  /** The newest icon, once one is there. */
  readonly item: () => Promise<TrayItem>;
  readonly close: () => void;
}

/** Takes the part of the desktop on the bus of this environment. */
export async function openDesktopOnBus(environment: Readonly<Record<string, string>>): Promise<DesktopOnBus> {
  const bus = await connectMessageBus(environment);
  const notices: Notice[] = [];
  const takenBack: number[] = [];
  const items: { readonly owner: string; readonly path: string }[] = [];
  const answer = (to: BusMessage, signature: string, body: readonly BusValue[]): void => {
    const destination = to.sender ?? '';
    bus.send({ kind: messageKinds.answer, replySerial: to.serial, destination, signature, body });
  };
  const serve = (message: BusMessage): void => {
    switch (message.member) {
      case 'RegisterStatusNotifierItem': {
        const path = String(message.body[0]);
        items.push({ owner: message.sender ?? '', path: path.startsWith('/') ? path : '/StatusNotifierItem' });
        answer(message, '', []);
        break;
      }
      case 'Get':
        answer(message, 'v', [watcherProperty(String(message.body[1]))]);
        break;
      case 'GetAll':
        answer(message, 'a{sv}', [properties.map((each) => [each, watcherProperty(each)])]);
        break;
      case 'GetServerInformation':
        answer(message, 'ssss', ['desktop', 'test', '1', '1.2']);
        break;
      case 'GetCapabilities':
        answer(message, 'as', [['body', 'actions', 'body-markup']]);
        break;
      case 'Notify': {
        const [, replaces, , title, text, actions] = message.body;
        const id = Number(replaces) === 0 ? notices.length + 1 : Number(replaces);
        const words = Array.isArray(actions) ? actions.map(String) : [];
        notices.push({ id, replaces: Number(replaces), title: String(title), text: String(text), actions: words });
        answer(message, 'u', [id]);
        break;
      }
      case 'CloseNotification':
        takenBack.push(Number(message.body[0]));
        answer(message, '', []);
        noticeSignal('NotificationClosed', 'uu', [Number(message.body[0]), 3]);
        break;
      default:
        break;
    }
  };
  const noticeSignal = (member: string, signature: string, body: readonly BusValue[]): void => {
    const path = '/org/freedesktop/Notifications';
    bus.send({ kind: messageKinds.signal, path, interface: noticesName, member, signature, body });
  };
  bus.onMessage((message) => {
    if (message.kind === messageKinds.call) serve(message);
  });
  await name(bus, 'RequestName', noticesName);
  return {
    notices,
    takenBack,
    clickNotice: (id) => noticeSignal('ActionInvoked', 'us', [id, 'default']),
    openTray: async () => {
      await name(bus, 'RequestName', watcherName);
    },
    closeTray: async () => {
      items.length = 0;
      await name(bus, 'ReleaseName', watcherName);
    },
    item: async () => {
      const { owner, path } = await eventually(() => items.at(-1), { what: 'the icon in the tray' });
      return trayItem(bus, owner, path);
    },
    close: () => bus.close(),
  };
}

const properties = ['IsStatusNotifierHostRegistered', 'ProtocolVersion', 'RegisteredStatusNotifierItems'];

function watcherProperty(name: string): BusValue {
  if (name === 'ProtocolVersion') return { signature: 'i', value: 0 };
  if (name === 'RegisteredStatusNotifierItems') return { signature: 'as', value: [] };
  return { signature: 'b', value: true };
}

async function name(bus: MessageBus, act: 'RequestName' | 'ReleaseName', word: string): Promise<void> {
  const [signature, body] = act === 'RequestName' ? (['su', [word, 4]] as const) : (['s', [word]] as const);
  await bus.call('org.freedesktop.DBus', '/org/freedesktop/DBus', `org.freedesktop.DBus.${act}`, signature, body);
}

function trayItem(bus: MessageBus, owner: string, path: string): TrayItem {
  const get = async (word: string): Promise<BusValue | undefined> => {
    const member = 'org.freedesktop.DBus.Properties.Get';
    const [variant] = await bus.call(owner, path, member, 'ss', [itemInterface, word]);
    return typeof variant === 'object' && 'value' in variant ? variant.value : undefined;
  };
  const menu = async (): Promise<MenuEntry[]> => {
    const place = String(await get('Menu'));
    const [, root] = await bus.call(owner, place, `${menuInterface}.GetLayout`, 'iias', [0, -1, []]);
    const [, , children] = Array.isArray(root) ? root : [];
    return (Array.isArray(children) ? children : []).map(entryOf).filter(({ label }) => label !== '');
  };
  return {
    toolTip: async () => {
      const value = await get('ToolTip');
      return Array.isArray(value) ? [value[2], value[3]].filter((each) => each !== '').join(' ') : '';
    },
    menu,
    choose: async (label) => {
      const entry = (await menu()).find((each) => each.label.startsWith(label));
      if (entry?.enabled !== true) throw new Error(`${label} cannot be chosen`);
      const place = String(await get('Menu'));
      const event = [entry.id, 'clicked', { signature: 's', value: '' }, 0];
      await bus.call(owner, place, `${menuInterface}.Event`, 'isvu', event);
    },
    click: async () => {
      await bus.call(owner, path, `${itemInterface}.Activate`, 'ii', [0, 0]);
    },
  };
}

function entryOf(child: BusValue): MenuEntry {
  const layout = typeof child === 'object' && 'value' in child ? child.value : child;
  const [id, pairs] = Array.isArray(layout) ? layout : [];
  const named = new Map<string, BusValue>();
  for (const pair of Array.isArray(pairs) ? pairs : []) {
    const [word, variant] = Array.isArray(pair) ? pair : [];
    if (typeof variant === 'object' && 'value' in variant) named.set(String(word), variant.value);
  }
  const label = String(named.get('label') ?? '').replaceAll('__', '_');
  return { id: Number(id), label, enabled: named.get('enabled') !== false };
}

/**
 * Guarantee: the main window calls what reads or narrows, with parameters that fit, from its own page; everything else it can only
 * propose to the approval window.
 *
 * Threat: script in the main window that calls other channels or methods, sends shapes nobody expects, or floods.
 *
 * Limits: what it may read, it may read: the whole record is shown in this window.
 */
import { homedir } from 'node:os';
import { type BrowserWindow, dialog, ipcMain } from 'electron';
import { api, type Method } from '#contract/api.ts';
import {
  preferencesChangeSchema,
  proposalSchema,
  type WindowEvent,
  type WindowMethod,
  windowMethods,
} from '#contract/bridge.ts';
import { channels } from '#contract/channels.ts';
import { operatingError } from '#contract/operating-error.ts';
import { findRegistries } from '../adapters/agents/registries.ts';
import type { ApprovalDesk } from './approval-desk.ts';
import { exportLog } from './export-log.ts';
import { findAgents } from './find-agents.ts';
import { isFrom } from './hardening.ts';
import { outcomeOf } from './outcome.ts';
import type { Programs } from './programs.ts';
import { schemes } from './schemes.ts';
import type { ShellPreferences } from './shell-preferences.ts';
import { StreamHub } from './stream-hub.ts';
import type { SupervisorLink } from './supervisor-link.ts';

/** What the channels speak for. */
export interface ChannelParts {
  readonly link: SupervisorLink;
  readonly desk: ApprovalDesk;
  readonly programs: Programs;
  readonly preferences: ShellPreferences;
  readonly streamSocket: string;
  readonly window: () => BrowserWindow | undefined;
}

/** Tells the main window something, if there is one. */
export function tell(window: BrowserWindow | undefined, event: WindowEvent): void {
  if (window !== undefined && !window.isDestroyed()) window.webContents.send(channels.event, event);
}

/** Opens the main window's channels. */
export function openMainChannels(parts: ChannelParts): void {
  const { link, desk, window } = parts;
  const hub = new StreamHub(link, parts.streamSocket, (event) => tell(window(), event));
  const isOurs = (event: Electron.IpcMainEvent | Electron.IpcMainInvokeEvent) =>
    isFrom(event, window(), schemes.main.origin);
  /** Answers nobody but our own page. */
  const handle = (channel: string, act: (...words: unknown[]) => unknown): void => {
    ipcMain.handle(channel, (event, ...words: unknown[]) => {
      if (!isOurs(event)) throw new Error('refused');
      return act(...words);
    });
  };
  const listen = (channel: string, act: (...words: unknown[]) => void): void => {
    ipcMain.on(channel, (event, ...words: unknown[]) => {
      if (isOurs(event)) act(...words);
    });
  };
  handle(channels.call, (method, params) => outcomeOf(() => callAllowed(link, method, params)));
  handle(channels.propose, (proposal) =>
    outcomeOf(() => {
      const parsed = proposalSchema.safeParse(proposal);
      if (!parsed.success) throw notUnderstood('this proposal');
      return desk.propose(parsed.data);
    }),
  );
  handle(channels.findAgents, () => outcomeOf(() => findAgents(parts.programs)));
  handle(channels.findRegistries, () => outcomeOf(() => findRegistries(homedir(), process.env)));
  handle(channels.shell, () => outcomeOf(() => parts.preferences.state()));
  handle(channels.setPreferences, (change) =>
    outcomeOf(() => {
      const parsed = preferencesChangeSchema.safeParse(change);
      if (!parsed.success) throw notUnderstood('these preferences');
      return parts.preferences.change(parsed.data);
    }),
  );
  handle(channels.chooseFolder, () => chooseFolder(window()));
  handle(channels.exportLog, (query, format) => outcomeOf(() => exportLog(parts.programs, window(), query, format)));
  handle(channels.streamOpen, (session, readOnly) => outcomeOf(() => hub.open(String(session), readOnly === true)));
  listen(channels.streamTaken, (stream, bytes) => hub.taken(Number(stream), Number(bytes)));
  listen(channels.streamWrite, (stream, text) => hub.write(Number(stream), String(text)));
  listen(channels.streamResize, (stream, columns, rows) => hub.resize(Number(stream), Number(columns), Number(rows)));
  listen(channels.streamClose, (stream) => hub.close(Number(stream)));
  listen(channels.ready, () => {
    hub.closeAll();
    tell(window(), { type: 'link', link: link.link });
  });
}

function isAllowed(method: unknown): method is WindowMethod {
  return (windowMethods as readonly unknown[]).includes(method);
}

async function callAllowed(link: SupervisorLink, method: unknown, params: unknown): Promise<unknown> {
  if (!isAllowed(method)) throw notUnderstood('this call');
  const parsed = api[method satisfies Method].params.safeParse(params);
  if (!parsed.success) throw notUnderstood(`what ${method} was called with`);
  // The schema of the method itself made these parameters.
  return link.control().call(method, parsed.data as never);
}

function notUnderstood(what: string): Error {
  return operatingError('invalid_request', `The shell does not take ${what} from the main window.`);
}

async function chooseFolder(window: BrowserWindow | undefined): Promise<string | undefined> {
  if (window === undefined) return undefined;
  const { canceled, filePaths } = await dialog.showOpenDialog(window, {
    title: 'Choose a folder',
    properties: ['openDirectory', 'createDirectory'],
  });
  return canceled ? undefined : filePaths[0];
}

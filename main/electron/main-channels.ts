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
import { z } from 'zod';
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
import { CallTurns } from './call-turns.ts';
import { exportLog } from './export-log.ts';
import { findAgents } from './find-agents.ts';
import { isFrom } from './hardening.ts';
import { outcomeOf } from './outcome.ts';
import type { Programs } from './programs.ts';
import { schemes } from './schemes.ts';
import type { ShellPreferences } from './shell-preferences.ts';
import { StreamHub, writtenCharactersMax } from './stream-hub.ts';
import type { SupervisorLink } from './supervisor-link.ts';

const streamNumber = z.int().min(1);
/** What each message may say. A value that is none of this is not turned into one: an object decides what happens when it is. */
const words = {
  open: z.tuple([z.string().min(1).max(64), z.boolean()]),
  taken: z.tuple([streamNumber, z.int().min(0)]),
  write: z.tuple([streamNumber, z.string().max(writtenCharactersMax)]),
  resize: z.tuple([streamNumber, z.int(), z.int()]),
  close: z.tuple([streamNumber]),
  ready: z.tuple([]),
} as const;

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
  /** What does not fit is dropped: there is nobody to tell, and whatever threw here would end the shell. */
  const listen = <Words extends readonly unknown[]>(
    channel: string,
    fits: z.ZodType<Words>,
    act: (...words: Words) => void,
  ): void => {
    ipcMain.on(channel, (event, ...given: unknown[]) => {
      const parsed = isOurs(event) ? fits.safeParse(given) : undefined;
      if (parsed?.success === true) act(...parsed.data);
    });
  };
  const turns = new CallTurns();
  handle(channels.call, (method, params) => outcomeOf(() => callAllowed({ link, turns }, method, params)));
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
  const alone = oneAtATime();
  // One that is open already is where the person chooses.
  handle(channels.chooseFolder, () => alone(() => chooseFolder(window())).catch(() => undefined));
  handle(channels.exportLog, (query, format) =>
    outcomeOf(() => alone(() => exportLog(parts.programs, window(), query, format))),
  );
  handle(channels.streamOpen, (...given) =>
    outcomeOf(() => {
      const parsed = words.open.safeParse(given);
      if (!parsed.success) throw notUnderstood('this terminal');
      return hub.open(...parsed.data);
    }),
  );
  listen(channels.streamTaken, words.taken, (stream, bytes) => hub.taken(stream, bytes));
  listen(channels.streamWrite, words.write, (stream, text) => hub.write(stream, text));
  listen(channels.streamResize, words.resize, (stream, columns, rows) => hub.resize(stream, columns, rows));
  listen(channels.streamClose, words.close, (stream) => hub.close(stream));
  listen(channels.ready, words.ready, () => {
    hub.closeAll();
    tell(window(), { type: 'link', link: link.link });
  });
}

function isAllowed(method: unknown): method is WindowMethod {
  return (windowMethods as readonly unknown[]).includes(method);
}

async function callAllowed(
  { link, turns }: { readonly link: SupervisorLink; readonly turns: CallTurns },
  method: unknown,
  params: unknown,
): Promise<unknown> {
  if (!isAllowed(method)) throw notUnderstood('this call');
  const parsed = api[method satisfies Method].params.safeParse(params);
  if (!parsed.success) throw notUnderstood(`what ${method} was called with`);
  // The schema of the method itself made these parameters.
  return turns.take(() => link.control().call(method, parsed.data as never));
}

/** For what opens a dialog of the system's: a page that asks for many gets one. */
function oneAtATime(): <T>(act: () => Promise<T>) => Promise<T> {
  let busy = false;
  return async (act) => {
    if (busy) throw operatingError('too_many', 'A dialog of this window is open already.', { remedy: 'Close it.' });
    busy = true;
    try {
      return await act();
    } finally {
      busy = false;
    }
  };
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

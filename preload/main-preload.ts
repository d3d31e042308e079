import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron';
import { BoundedSending } from './bounded-sending.ts';
import type { MainBridge, WindowEvent } from './contract/bridge.ts';
import { channels } from './contract/channels.ts';

const shell = new BoundedSending({
  invoke: (channel, ...words) => ipcRenderer.invoke(channel, ...words),
  send: (channel, ...words) => ipcRenderer.send(channel, ...words),
  nowMs: () => performance.now(),
  later: (act, ms) => setTimeout(act, ms),
});

/** The main window's only way out. Everything is checked again on the other side. */
const bridge: MainBridge = {
  call: (method, params) => shell.invoke(channels.call, method, params),
  propose: (proposal) => shell.invoke(channels.propose, proposal),
  findAgents: () => shell.invoke(channels.findAgents),
  findRegistries: () => shell.invoke(channels.findRegistries),
  shell: () => shell.invoke(channels.shell),
  setPreferences: (change) => shell.invoke(channels.setPreferences, change),
  chooseFolder: () => shell.invoke(channels.chooseFolder),
  exportLog: (query, format) => shell.invoke(channels.exportLog, query, format),
  onEvent: (listener) => {
    // The event object leads back to the shell, so that it is not handed on.
    const take = (_: IpcRendererEvent, event: WindowEvent) => listener(event);
    ipcRenderer.on(channels.event, take);
    shell.send(channels.ready);
    return () => ipcRenderer.off(channels.event, take);
  },
  streams: {
    open: (session, readOnly) => shell.invoke(channels.streamOpen, session, readOnly),
    taken: (stream, bytes) => shell.drawn(channels.streamTaken, stream, bytes),
    write: (stream, text) => shell.send(channels.streamWrite, stream, text),
    resize: (stream, columns, rows) => shell.send(channels.streamResize, stream, columns, rows),
    close: (stream) => shell.send(channels.streamClose, stream),
  },
};
contextBridge.exposeInMainWorld('gatehouse', bridge);

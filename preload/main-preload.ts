import { contextBridge, type IpcRendererEvent, ipcRenderer } from 'electron';
import type { MainBridge, WindowEvent } from './contract/bridge.ts';
import { channels } from './contract/channels.ts';

/** The main window's only way out. Everything is checked again on the other side. */
const bridge: MainBridge = {
  call: (method, params) => ipcRenderer.invoke(channels.call, method, params),
  propose: (proposal) => ipcRenderer.invoke(channels.propose, proposal),
  findAgents: () => ipcRenderer.invoke(channels.findAgents),
  findRegistries: () => ipcRenderer.invoke(channels.findRegistries),
  shell: () => ipcRenderer.invoke(channels.shell),
  setPreferences: (change) => ipcRenderer.invoke(channels.setPreferences, change),
  chooseFolder: () => ipcRenderer.invoke(channels.chooseFolder),
  exportLog: (query, format) => ipcRenderer.invoke(channels.exportLog, query, format),
  onEvent: (listener) => {
    // The event object leads back to the shell, so that it is not handed on.
    const take = (_: IpcRendererEvent, event: WindowEvent) => listener(event);
    ipcRenderer.on(channels.event, take);
    ipcRenderer.send(channels.ready);
    return () => ipcRenderer.off(channels.event, take);
  },
  streams: {
    open: (session, readOnly) => ipcRenderer.invoke(channels.streamOpen, session, readOnly),
    taken: (stream, bytes) => ipcRenderer.send(channels.streamTaken, stream, bytes),
    write: (stream, text) => ipcRenderer.send(channels.streamWrite, stream, text),
    resize: (stream, columns, rows) => ipcRenderer.send(channels.streamResize, stream, columns, rows),
    close: (stream) => ipcRenderer.send(channels.streamClose, stream),
  },
};
contextBridge.exposeInMainWorld('gatehouse', bridge);

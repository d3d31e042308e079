import { contextBridge, ipcRenderer } from 'electron';
import type { ApprovalBridge, Asking } from './contract/bridge.ts';
import { channels } from './contract/channels.ts';

/** The approval window's only way out. */
const bridge: ApprovalBridge = {
  onAsking: (listener) => {
    ipcRenderer.on(channels.asking, (_, asking: Asking) => listener(asking));
    ipcRenderer.send(channels.approvalReady);
  },
  drawn: (key, heightPx) => ipcRenderer.send(channels.drawn, key, heightPx),
  onShown: (listener) => {
    ipcRenderer.on(channels.shown, (_, key: string) => listener(key));
  },
  read: (key) => ipcRenderer.send(channels.read, key),
  answer: (id, digest, answer) => ipcRenderer.invoke(channels.answer, id, digest, answer),
  confirm: (id, confirmed) => ipcRenderer.invoke(channels.confirm, id, confirmed),
};
contextBridge.exposeInMainWorld('gatehouse', bridge);

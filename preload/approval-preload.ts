import { contextBridge, ipcRenderer } from 'electron';
import type { ApprovalBridge, Question } from './contract/bridge.ts';
import { channels } from './contract/channels.ts';

/** The approval window's only way out. */
const bridge: ApprovalBridge = {
  onQuestions: (listener) => {
    ipcRenderer.on(channels.questions, (_, questions: readonly Question[], home: string) => listener(questions, home));
    ipcRenderer.send(channels.approvalReady);
  },
  answer: (id, digest, answer) => ipcRenderer.invoke(channels.answer, id, digest, answer),
  confirm: (id, confirmed) => ipcRenderer.invoke(channels.confirm, id, confirmed),
};
contextBridge.exposeInMainWorld('gatehouse', bridge);

/** Channels between a window and the shell; there are no others. */
export const channels = {
  call: 'gatehouse:call',
  propose: 'gatehouse:propose',
  findAgents: 'gatehouse:find-agents',
  chooseFolder: 'gatehouse:choose-folder',
  exportLog: 'gatehouse:export-log',
  event: 'gatehouse:event',
  ready: 'gatehouse:ready',
  streamOpen: 'gatehouse:stream-open',
  streamTaken: 'gatehouse:stream-taken',
  streamWrite: 'gatehouse:stream-write',
  streamResize: 'gatehouse:stream-resize',
  streamClose: 'gatehouse:stream-close',
  questions: 'approval:questions',
  answer: 'approval:answer',
  confirm: 'approval:confirm',
  approvalReady: 'approval:ready',
} as const;

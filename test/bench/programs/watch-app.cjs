// Loaded into the shell before its own program (`electron -r`), by the bench only: prints when what happens in it, a line of JSON each,
// on the machine's monotonic clock, and does what lines of its standard input say. It changes nothing of what the shell does.
const { app, BrowserWindow, ipcMain } = require('electron');

const now = () => Number(process.hrtime.bigint());
/** Wall clock less monotonic clock, in milliseconds: the supervisor tells the time of day. */
const wallMs = performance.timeOrigin + performance.now() - now() / 1e6;
const tell = (what, more = {}) => process.stdout.write(`${JSON.stringify({ watch: what, atNs: now(), ...more })}\n`);

/** Resolves in the page when the supervisor is said to be there and the list of sessions is drawn. */
const usable = `new Promise((resolve) => {
  const look = () => {
    const isThere = document.body.innerText.includes('Supervised') && document.querySelector('.skeleton') === null;
    if (isThere) requestAnimationFrame(() => requestAnimationFrame(() => resolve(performance.timeOrigin + performance.now())));
    else requestAnimationFrame(look);
  };
  look();
})`;
const heading = `(() => {
  const { x, y, width, height } = document.querySelector('h1').getBoundingClientRect();
  return { x, y, width, height };
})()`;

function isApproval(contents) {
  return contents.getURL().startsWith('approval://');
}

tell('loaded', { startedMs: process.getCreationTime() - wallMs });
app.once('ready', () => tell('ready'));
app.on('browser-window-created', (_created, window) => {
  const { webContents } = window;
  tell('window');
  window.on('show', () => tell('show', { title: window.getTitle() }));
  webContents.once('dom-ready', async () => {
    tell('page', { url: webContents.getURL() });
    if (isApproval(webContents)) return;
    tell('usable', { pageMs: (await webContents.executeJavaScript(usable)) - wallMs });
  });
  const send = webContents.send.bind(webContents);
  webContents.send = (channel, ...words) => {
    const atNs = now();
    send(channel, ...words);
    if (channel === 'approval:shown') tell('raised', { atNs });
    if (channel !== 'approval:asking') return;
    const [first] = words[0].questions;
    if (first?.kind !== 'approval') return tell('nothing', { atNs });
    tell('asked', { atNs, askedMs: Date.parse(first.approval.askedAt) - wallMs, object: first.approval.resource.host });
  };
});
ipcMain.prependListener('approval:drawn', () => tell('drawn'));

const commands = {
  async where() {
    const asks = BrowserWindow.getAllWindows().find((each) => isApproval(each.webContents));
    const window = asks.getNativeWindowHandle().readUInt32LE(0);
    tell('where', { window, heading: await asks.webContents.executeJavaScript(heading) });
  },
  deny: () =>
    BrowserWindow.getAllWindows()
      .find((each) => isApproval(each.webContents))
      ?.close(),
};
let typed = '';
process.stdin.setEncoding('utf8').on('data', (part) => {
  const lines = (typed + part).split('\n');
  typed = lines.pop();
  for (const line of lines) commands[line]?.();
});

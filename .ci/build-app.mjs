// Builds dist/app: the desktop shell, its preloads and its two windows' pages.
import { cp, writeFile } from 'node:fs/promises';
import path from 'node:path';

/** Preloads run in Chromium's sandbox: one file each, and of all modules only electron's own. */
const programs = {
  main: 'main/electron/app.ts',
  'main-preload': 'preload/main-preload.ts',
  'approval-preload': 'preload/approval-preload.ts',
};
const pages = { renderer: 'renderer/main-window.html', approval: 'renderer/approval/approval-window.html' };

/**
 * @param {{ root: string, out: string, define: Record<string, string>, version: string }} options
 */
export async function buildApp({ root, out, define, version }) {
  await Promise.all([
    ...Object.entries(programs).map(([name, source]) => bundleProgram({ root, out, define, name, source })),
    ...Object.entries(pages).map(([name, page]) => bundlePage({ root, out, name, page })),
  ]);
  // What Electron reads to find the program; nothing of it is a package.
  await writeFile(path.join(out, 'package.json'), JSON.stringify({ name: 'gatehouse', version, main: 'main.cjs' }));
  await cp(path.join(root, 'resources/icons/32.png'), path.join(out, 'tray.png'));
}

async function bundleProgram({ root, out, define, name, source }) {
  const { rolldown } = await import('rolldown');
  const bundled = await rolldown({
    cwd: root,
    input: { [name]: path.join(root, source) },
    platform: 'node',
    external: ['electron'],
    transform: { define },
    onLog(level, log) {
      if (level === 'warn') console.warn(`build: ${log.message}`);
    },
  });
  try {
    await bundled.write({
      dir: out,
      format: 'cjs',
      sourcemap: true,
      entryFileNames: '[name].cjs',
      codeSplitting: false,
    });
  } finally {
    await bundled.close();
  }
}

async function bundlePage({ root, out, name, page }) {
  const { build } = await import('vite');
  const { default: react } = await import('@vitejs/plugin-react');
  await build({
    configFile: false,
    root: path.join(root, path.dirname(page)),
    base: './',
    logLevel: 'warn',
    plugins: [react()],
    resolve: { alias: [{ find: /^#contract\/(.*)$/u, replacement: path.join(root, 'preload/contract/$1') }] },
    build: {
      outDir: path.join(out, name),
      emptyOutDir: true,
      target: 'chrome130',
      assetsDir: '.',
      assetsInlineLimit: 0,
      // One style sheet in the order of imports, whichever place is opened first.
      cssCodeSplit: false,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
      chunkSizeWarningLimit: 4096,
      sourcemap: true,
      rolldownOptions: { input: path.join(root, page) },
    },
  });
}

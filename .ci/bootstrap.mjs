// Sets everything up from nothing and then starts, tests or stops there. Runs on any Node ≥ 20, with no package installed.
//
//   node .ci/bootstrap.mjs start [ARG...]   set up, build, guided first run
//   node .ci/bootstrap.mjs test  [ARG...]   set up for tests too, build, run all tests
//   node .ci/bootstrap.mjs setup [--tests]  set up and build only
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const runtime = path.join(root, 'node_modules/.bin/node');

/** What must be there, how that is seen, and the Debian package that brings it. */
const systemNeeds = [
  { what: 'bubblewrap', present: () => onPath('bwrap'), packages: ['bubblewrap'], for: 'start' },
  { what: 'a C compiler', present: () => onPath('gcc'), packages: ['gcc'], for: 'start' },
  { what: 'the C library to link statically', present: hasStaticLibc, packages: ['libc6-dev'], for: 'start' },
  {
    what: 'the keychain’s client library',
    present: () => hasLibrary('libsecret-1.so.0'),
    packages: ['libsecret-1-0'],
    for: 'start',
  },
  { what: 'git', present: () => onPath('git'), packages: ['git'], for: 'test' },
  { what: 'curl', present: () => onPath('curl'), packages: ['curl', 'ca-certificates'], for: 'test' },
  { what: 'a message bus', present: () => onPath('dbus-daemon'), packages: ['dbus-daemon'], for: 'test' },
  { what: 'a keychain', present: () => onPath('gnome-keyring-daemon'), packages: ['gnome-keyring'], for: 'test' },
  { what: 'strace', present: () => onPath('strace'), packages: ['strace'], for: 'test' },
  // Probes run inside the walls, where a python of the home's version managers is not.
  { what: 'the system’s python3', present: () => existsSync('/usr/bin/python3'), packages: ['python3'], for: 'test' },
];

/** The same for tests of the windows. */
const windowNeeds = [
  { present: () => onPath('Xvfb'), packages: ['xvfb'] },
  { present: () => hasLibrary('libgtk-3.so.0'), packages: ['libgtk-3-0'] },
  { present: () => hasLibrary('libnss3.so'), packages: ['libnss3'] },
  { present: () => hasLibrary('libgbm.so.1'), packages: ['libgbm1'] },
  { present: () => hasLibrary('libasound.so.2'), packages: ['libasound2'] },
  // Notifications, and keys as a keyboard sends them.
  { present: () => hasLibrary('libnotify.so.4'), packages: ['libnotify4'] },
  { present: () => onPath('xdotool'), packages: ['xdotool'] },
];

main(process.argv[2], process.argv.slice(3));

function main(job, args) {
  if (job !== 'start' && job !== 'test' && job !== 'setup')
    fail(`what to do? start, test or setup, not "${job ?? ''}"`);
  checkPlatform();
  // System packages come first: one clear answer at once, instead of after a long download.
  installSystemPackages(job === 'test' || args.includes('--tests') ? 'test' : 'start');
  installNpmPackages();
  const node = chooseRuntime();
  if (job === 'test' || args.includes('--tests')) prepareWindows(node);
  run(node, ['.ci/build.mjs'], 'the build failed');
  if (job === 'setup') return say('ready');
  if (job === 'start' && args.length === 0 && openWindows(node)) return;
  const program = job === 'start' ? ['dist/gatehouse.js', 'start', ...args] : ['.ci/test.mjs', ...args];
  const { status, signal } = spawnSync(node, program, { cwd: root, stdio: 'inherit', env: environmentFor(node) });
  process.exit(signal === null ? (status ?? 1) : 1);
}

/**
 * What the tests of the windows need. Where it cannot be had they are skipped, and say so: everything else is tested all the same.
 */
function prepareWindows(node) {
  const missing = windowNeeds.filter((need) => !need.present());
  if (missing.length > 0 && process.getuid?.() === 0 && onPath('apt-get')) {
    const names = missing.flatMap((need) => need.packages).map(packageOfThisRelease);
    say(`installing ${names.join(' ')} with apt`);
    const environment = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const install = ['install', '-y', '-q', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...names];
    const { status } = spawnSync('apt-get', install, { stdio: 'ignore', env: environment });
    if (status !== 0) say(`"apt-get install ${names.join(' ')}" failed: windows are not tested`);
  }
  const { status } = spawnSync(node, ['.ci/electron.mjs', '--fallback'], {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    env: environmentFor(node),
  });
  if (status !== 0) say('Electron cannot be had: windows are not tested');
}

/** Opens the desktop app where there is a display. Whether it opened; where not, the guided start in this terminal says what there is. */
function openWindows(node) {
  if (!process.env.DISPLAY && !process.env.WAYLAND_DISPLAY) return false;
  const options = { cwd: root, stdio: ['ignore', 'ignore', 'inherit'], env: environmentFor(node) };
  if (spawnSync(node, ['.ci/electron.mjs'], options).status !== 0) {
    say('Electron cannot be had: starting in this terminal');
    return false;
  }
  if (spawnSync(node, ['dist/gatehouse.js', 'app'], options).status !== 0) return false;
  say('the app is open; `npm run -s gatehouse -- start` is the same first look in a terminal');
  return true;
}

/** Since the change of the time type, Debian and Ubuntu name some libraries anew. */
function packageOfThisRelease(name) {
  const renamed = `${name}t64`;
  return spawnSync('apt-cache', ['show', renamed], { stdio: 'ignore' }).status === 0 ? renamed : name;
}

function checkPlatform() {
  const major = Number(process.versions.node.split('.')[0]);
  if (major < 20) fail(`needs Node 20 or newer to set itself up, and this is ${process.versions.node}`);
  if (process.platform !== 'linux') fail(`runs on Linux; ${process.platform} is coming`);
}

function installSystemPackages(level) {
  const missing = systemNeeds.filter((need) => (level === 'test' || need.for === 'start') && !need.present());
  if (missing.length === 0) return;
  const packages = [...new Set(missing.flatMap((need) => need.packages))];
  const what = missing.map((need) => need.what).join(', ');
  const install = `apt-get install -y --no-install-recommends ${packages.join(' ')}`;
  if (!onPath('apt-get')) {
    fail(`needs ${what}. This is no Debian or Ubuntu: install what your system calls ${packages.join(', ')}`);
  }
  const isRoot = process.getuid?.() === 0;
  const sudo = !isRoot && onPath('sudo');
  if (!isRoot && !(sudo && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0)) {
    const command = `apt-get update && ${install}`;
    fail(
      `needs ${what}, and only an administrator can install that. Run this, then try again:\n\n` +
        `  ${sudo ? `sudo sh -c '${command}'` : command}${sudo ? '' : '\n\n(as root: this account has no sudo)'}`,
    );
  }
  say(`installing ${packages.join(' ')} with apt`);
  const prefix = isRoot ? [] : ['sudo', '-n'];
  // A machine that has just started may be installing updates of its own: then this waits for its turn.
  const environment = ['env', 'DEBIAN_FRONTEND=noninteractive'];
  const patience = ['-o', 'DPkg::Lock::Timeout=300'];
  // Its thousand lines help nobody unless it fails; then all of them are shown.
  runQuietly([...prefix, ...environment, 'apt-get', '-q', 'update'], 'apt-get update failed');
  runQuietly([...prefix, ...environment, ...install.split(' '), ...patience], `"${install}" failed`);
  const still = missing.filter((need) => !need.present()).map((need) => need.what);
  if (still.length > 0) fail(`${still.join(', ')} is still missing after installing ${packages.join(' ')}`);
}

/** Installs what the lock file names, unless exactly that is there already. */
function installNpmPackages() {
  if (npmPackagesAreCurrent()) return;
  say('installing npm packages (about 500 MB on disk)');
  // No package's own script is run: none of ours needs one.
  const args = [
    'ci',
    '--ignore-scripts',
    '--include=dev',
    '--include=optional',
    '--fetch-retries=5',
    '--loglevel=error',
  ];
  // `npm test` names the npm it came from; a bare call takes the one on the PATH.
  const npm = process.env.npm_execpath;
  const command = npm?.endsWith('.js') ? [process.execPath, npm, ...args] : ['npm', ...args];
  const { status, error } = spawnSync(command[0], command.slice(1), {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  if (error !== undefined || status !== 0) {
    fail(`npm could not install the packages${error === undefined ? '' : `: ${error.message}`}; see its message above`);
  }
}

function npmPackagesAreCurrent() {
  // npm writes this file last, so an interrupted installation does not count.
  const installedFile = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(([name, { version, integrity, optional }]) => {
    if (name === '') return true;
    const found = installed[name];
    if (found === undefined) return optional === true;
    return found.version === version && found.integrity === integrity;
  });
}

/** The Node the product runs on: the one from the packages, else this one when it is new enough. */
function chooseRuntime() {
  if (existsSync(runtime)) return runtime;
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > 22 || (major === 22 && minor >= 14)) return process.execPath;
  return fail(
    `needs Node 22.14 or newer, and this is ${process.versions.node} (no ready-made one for ${process.arch}): install it and try again`,
  );
}

function run(node, args, message) {
  const { status } = spawnSync(node, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environmentFor(node),
  });
  if (status !== 0) fail(message);
}

/** The packages' programs and their Node first on the PATH, also when npm did not start us. */
function environmentFor(node) {
  const folders = [path.join(root, 'node_modules/.bin'), ...(node === runtime ? [] : [path.dirname(node)])];
  return { ...process.env, PATH: [...folders, process.env.PATH].join(path.delimiter) };
}

function runQuietly(command, message) {
  const { status, stdout, stderr, error } = spawnSync(command[0], command.slice(1), {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  if (status === 0) return;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  fail(`${message}${error === undefined ? '' : `: ${error.message}`}`);
}

function onPath(name) {
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  return folders.some((folder) => folder !== '' && existsSync(path.join(folder, name)));
}

function hasStaticLibc() {
  if (!onPath('gcc')) return false;
  // gcc answers with a full path when it knows the file, and with the bare name when it does not.
  const { stdout } = spawnSync('gcc', ['-print-file-name=libc.a'], { encoding: 'utf8' });
  return path.isAbsolute((stdout ?? '').trim()) && existsSync('/usr/include/linux/seccomp.h');
}

function hasLibrary(name) {
  const { stdout } = spawnSync('/sbin/ldconfig', ['-p'], { encoding: 'utf8' });
  return (stdout ?? '').includes(name);
}

function say(message) {
  console.log(`gatehouse: ${message}`);
}

function fail(message) {
  console.error(`gatehouse: ${message}`);
  process.exit(1);
}

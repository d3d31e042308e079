// Makes Debian's package from the unpacked folder, with Debian's own dpkg-deb.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const sources = import.meta.dirname;

/** What Electron and the keychain are linked with, by both of their names: Debian renamed some with the change of the time type. */
const depends = [
  'bubblewrap',
  'util-linux',
  'libasound2 | libasound2t64',
  'libatk-bridge2.0-0 | libatk-bridge2.0-0t64',
  'libatspi2.0-0 | libatspi2.0-0t64',
  'libcups2 | libcups2t64',
  'libgbm1',
  'libgtk-3-0 | libgtk-3-0t64',
  'libnotify4',
  'libnss3',
  'libsecret-1-0',
  'xdg-utils',
];

/**
 * Returns the package's path.
 * @param {{ root: string, unpacked: string, staging: string, out: string, version: string }} options
 */
export function makeDeb({ root, unpacked, staging, out, version }) {
  rmSync(staging, { recursive: true, force: true });
  const at = (...parts) => path.join(staging, ...parts);
  const put = (source, mode, ...parts) => {
    mkdirSync(path.dirname(at(...parts)), { recursive: true });
    cpSync(source, at(...parts));
    chmodSync(at(...parts), mode);
  };
  mkdirSync(at('opt'), { recursive: true });
  cpSync(unpacked, at('opt/Gatehouse'), { recursive: true, verbatimSymlinks: true });
  // What a package ships is read by everybody, whatever the builder's own habits are.
  run(['chmod', '-R', 'u+rwX,go+rX,go-w', at('opt')]);
  put(path.join(sources, 'gatehouse.sh'), 0o755, 'usr/bin/gatehouse');
  put(path.join(sources, 'gatehouse.desktop'), 0o644, 'usr/share/applications/gatehouse.desktop');
  put(path.join(root, 'LICENSE'), 0o644, 'usr/share/doc/gatehouse/copyright');
  const icons = path.join(root, 'resources/icons');
  for (const name of readdirSync(icons)) {
    const [, pixels] = /^(\d+)\.png$/u.exec(name) ?? [];
    const size = pixels === undefined ? 'scalable' : `${pixels}x${pixels}`;
    put(path.join(icons, name), 0o644, 'usr/share/icons/hicolor', size, 'apps', `gatehouse${path.extname(name)}`);
  }
  putCompletions(at('opt/Gatehouse/resources/dist'), put, staging);
  for (const script of ['postinst', 'prerm']) put(path.join(sources, `${script}.sh`), 0o755, 'DEBIAN', script);
  writeFileSync(at('DEBIAN/control'), control(version, kibibytes(staging)));
  mkdirSync(out, { recursive: true });
  const file = path.join(out, `gatehouse_${version}_amd64.deb`);
  run(['dpkg-deb', '--root-owner-group', '-Zzstd', '-z10', '--build', staging, file]);
  rmSync(staging, { recursive: true, force: true });
  return file;
}

/** Where each shell looks for what packages bring. */
function putCompletions(dist, put, staging) {
  const places = {
    bash: 'usr/share/bash-completion/completions/gatehouse',
    zsh: 'usr/share/zsh/vendor-completions/_gatehouse',
    fish: 'usr/share/fish/vendor_completions.d/gatehouse.fish',
  };
  const made = path.join(staging, 'completion');
  for (const [shell, place] of Object.entries(places)) {
    const text = run([path.join(dist, 'node'), path.join(dist, 'gatehouse.js'), 'completion', shell]);
    writeFileSync(made, text);
    put(made, 0o644, place);
  }
  rmSync(made);
}

function control(version, size) {
  return `Package: gatehouse
Version: ${version}
Architecture: amd64
Maintainer: Gatehouse contributors <maintainers@gatehouse.invalid>
Installed-Size: ${size}
Depends: ${depends.join(', ')}
Recommends: git, libayatana-appindicator3-1, x11-utils
Section: devel
Priority: optional
Description: runs local AI agents inside walls you control
 Starts agents such as coding assistants inside walls that the kernel holds:
 one folder, their own model, and nothing else without an answer of yours.
 Every decision is on record, signed and searchable.
`;
}

function kibibytes(folder) {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = files.reduce((sum, entry) => sum + statSync(path.join(entry.parentPath, entry.name)).size, 0);
  return Math.ceil(bytes / 1024);
}

function run([program, ...words]) {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    encoding: 'utf8',
    maxBuffer: 16 * 1024 * 1024,
  });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr}`);
  return stdout;
}

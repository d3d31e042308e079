import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GatehouseError } from '#contract/operating-error.ts';
import type { Preset } from '#contract/preset.ts';
import type { Toolchain } from '#contract/toolchain.ts';
import { loadPresets, loadToolchains } from '../../../main/adapters/agents/load-data.ts';
import { buildSeedFiles } from '../../../main/core/agents/seed-files.ts';
import { type FuzzTarget, must } from '../fuzz-target.ts';
import type { Random } from '../random.ts';

const shipped = new URL('../../../resources/', import.meta.url);
const folder = mkdtempSync(path.join(tmpdir(), 'gatehouse-fuzz-'));
const presetFile = path.join(folder, 'agents/generic.json');
const toolchainFile = path.join(folder, 'toolchains/go.json');
for (const file of [presetFile, toolchainFile]) mkdirSync(path.dirname(file));

/** The loaded data, or the words of the typed error, which name the file and the field. */
async function load<T>(file: string, text: string, from: (folder: string) => Promise<T>): Promise<T | string> {
  writeFileSync(file, text);
  try {
    return await from(path.dirname(file));
  } catch (error) {
    must(error instanceof GatehouseError && error.data.code === 'preset_invalid', 'an untyped error', String(error));
    const { what, why = '' } = error.data;
    must(what.includes(file), 'the error does not name the file', what);
    must(/^(?:Field (?:\S|$)|It )/u.test(why), 'the error does not name the field', why);
    return why
      .replace(/\d+/gu, '0')
      .replace(/"[^"]*"/gu, '…')
      .slice(0, 60);
  }
}

function below(root: string, relative: string): boolean {
  return path.posix.join(root, relative).startsWith(`${root}/`);
}

function checkPreset(preset: Preset): void {
  const { homeFiles, workspaceFiles } = preset;
  for (const file of [
    ...homeFiles.login,
    ...homeFiles.config,
    ...homeFiles.pinned,
    ...homeFiles.memory,
    ...homeFiles.stores,
    ...preset.seedFiles.map((seed) => seed.path),
  ]) {
    must(file.startsWith('~/') && below('/home/me', file.slice(2)), 'a file outside the home', file);
  }
  for (const file of workspaceFiles) must(below('/w', file), 'a file outside the workspace', file);
  for (const name of preset.commands.names)
    must(path.basename(name) === name && name !== '', 'a command that is a path', name);
  const seeds = buildSeedFiles({ preset, workspace: '/w', passed: { KEY: 'secret-0123456789-0123456789-tail' } });
  for (const { path: file, content } of seeds) {
    must(below('/home/me', file), 'a seed file outside the home', file);
    must(!content.includes('secret-0123456789'), 'more of a key than its tail', content);
    if (content.startsWith('{')) JSON.parse(content);
  }
  mustBePlain(preset);
}

function checkToolchain(toolchain: Toolchain): void {
  for (const pattern of [...toolchain.folders, ...toolchain.hidden, ...toolchain.pathEntries]) {
    must(
      pattern === '.' || below('/r', pattern) || path.posix.join('/r', pattern) === '/r',
      'a pattern outside the root',
      pattern,
    );
    must(!pattern.split('/').includes('..'), 'a pattern that climbs', pattern);
  }
  for (const root of toolchain.roots.flatMap(({ defaults }) => defaults)) {
    must(
      root.startsWith('/') ? path.posix.normalize(root) === root : below('/home/me', root.slice(2)),
      'a root that is not canonical',
      root,
    );
  }
  mustBePlain(toolchain);
}

function mustBePlain(value: object): void {
  must(Object.keys(Object.prototype).length === 0 && !('polluted' in {}), 'the prototype of everything was changed');
  must(!('polluted' in value), 'the prototype was changed');
}

async function check(text: string): Promise<string> {
  if (text.includes('"roots"')) {
    const loaded = await load(toolchainFile, text, loadToolchains);
    if (typeof loaded === 'string') return `toolchain: ${loaded}`;
    for (const toolchain of loaded) checkToolchain(toolchain);
    return `toolchain: ${loaded.length}`;
  }
  const loaded = await load(presetFile, text, loadPresets);
  if (typeof loaded === 'string') return `preset: ${loaded}`;
  for (const preset of loaded) checkPreset(preset);
  return `preset: ${loaded.length}`;
}

function readAll(name: string): string[] {
  const from = new URL(`${name}/`, shipped);
  return readdirSync(from).map((file) => {
    const id = name === 'agents' ? 'generic' : 'go';
    return JSON.stringify({ ...JSON.parse(readFileSync(new URL(file, from), 'utf8')), id });
  });
}

const seeds = [...readAll('agents'), ...readAll('toolchains')];
const texts = [
  '"~/.x/../../y"',
  '"~/a//b"',
  '"~root/x"',
  '"../x"',
  '"a/../../b"',
  '"/etc/passwd"',
  '"a\\u0000b"',
  '"."',
  '"~/"',
  '"~/.."',
  '"*"',
  '"**/.."',
  '""',
  '"{workspace}"',
  '"{tail:KEY}"',
  '"__proto__"',
  '"x\\n../../y"',
];
const pieces = [
  '{"path":"~/a","json":{"__proto__":{"polluted":1}}}',
  '{"path":"~/a","json":{"a":{"b":1}}}',
  '{"path":"~/a","json":{"k":"{tail:KEY}{tail:KEY}"}}',
  '"__proto__":{"polluted":1},',
  'null',
  '[]',
  '{}',
  `${'['.repeat(1200)}${']'.repeat(1200)}`,
  `${'{"a":'.repeat(600)}1${'}'.repeat(600)}`,
  '1e9',
  '-1',
];

function generate(random: Random): string {
  const text = random.pick(seeds);
  const places = [...text.matchAll(/"(?:[^"\\]|\\.)*"(?!:)|\[\]|\{\}/gu)];
  if (places.length === 0) return text;
  const place = random.pick(places);
  const by = random.oneIn(3) ? `[${random.pick([...texts, ...pieces])}]` : random.pick([...texts, ...pieces]);
  return text.slice(0, place.index) + by + text.slice(place.index + place[0].length);
}

/** The data files of agents and toolchains. */
export const presets: FuzzTarget = {
  name: 'presets',
  property:
    'A data file loads or is refused with a typed error that names the file and the field; no path in it leaves the home, the workspace or the root; seed files hold no more of a key than its tail; no prototype is changed.',
  generate,
  words: [...texts, ...pieces, '"seedFiles":[', '"id":"generic"', ','],
  seeds,
  check,
  close: () => rmSync(folder, { recursive: true, force: true }),
};

import { chmod, mkdir, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Toolchain } from '#contract/toolchain.ts';
import { loadPresets, loadToolchains } from '../../../main/adapters/agents/load-data.ts';
import { buildInsidePath, type FoundToolchain, findToolchains } from '../../../main/adapters/agents/toolchains.ts';
import { toolchainVariables } from '../../../main/core/agents/caller-variables.ts';
import { makeFolder, put, putScript } from '../../helpers/agents/temp-folders.ts';

const resources = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'resources');
let toolchains: readonly Toolchain[] = [];
beforeAll(async () => {
  toolchains = await loadToolchains(join(resources, 'toolchains'));
});

async function makePlace(): Promise<{ home: string; workspace: string }> {
  const root = await makeFolder();
  const place = { home: join(root, 'home'), workspace: join(root, 'home', 'project') };
  await mkdir(place.workspace, { recursive: true });
  return place;
}

function binds(found: readonly FoundToolchain[], home: string): string[] {
  const inHome = found.filter((one) => one.roots.every((root) => root.startsWith(dirname(home))));
  return inHome.flatMap((one) => one.binds.map((bind) => `${bind.mode} ${bind.path.replace(home, '~')}`));
}

describe('[RUN-7] toolchains in the home', () => {
  it('are found, read-only, with their credentials hidden or left outside', async () => {
    const { home, workspace } = await makePlace();
    await putScript(join(home, '.nvm/versions/node/v22.1.0/bin/node'));
    await put(join(home, '.nvm/versions/node/v22.1.0/etc/npmrc'), '//x/:_authToken=canary');
    await putScript(join(home, '.cargo/bin/cargo'));
    await put(join(home, '.cargo/credentials.toml'), 'token = "canary"');
    await put(join(home, '.rustup/settings.toml'));
    await putScript(join(home, '.local/share/uv/python/cpython-3.12/bin/python3.12'));
    await put(join(home, '.local/share/uv/credentials/x'), 'canary');
    await put(join(home, '.npmrc'), 'canary');
    const found = await findToolchains({ toolchains, home, workspace, environment: {} });
    expect(binds(found, home).sort()).toEqual([
      'hidden ~/.nvm/versions/node/v22.1.0/etc/npmrc',
      'read-only ~/.cargo/bin',
      'read-only ~/.local/share/uv/python',
      'read-only ~/.nvm/versions',
      'read-only ~/.rustup',
    ]);
    const environment = Object.assign({}, ...found.map((one) => one.environment));
    expect(environment).toMatchObject({ NVM_DIR: join(home, '.nvm'), RUSTUP_HOME: join(home, '.rustup') });
  });

  it('follow the variables that move them, and the links', async () => {
    const { home, workspace } = await makePlace();
    const elsewhere = join(dirname(home), 'data', 'cargo');
    await putScript(join(elsewhere, 'bin', 'cargo'));
    await symlink(elsewhere, join(home, '.cargo'));
    const byLink = await findToolchains({ toolchains, home, workspace, environment: {} });
    expect(binds(byLink, home)).toEqual([`read-only ${elsewhere}/bin`]);
    expect(byLink.flatMap((one) => one.links)).toContainEqual({ at: join(home, '.cargo'), target: elsewhere });
    const environment = { CARGO_HOME: `${elsewhere}/` };
    const moved = await findToolchains({ toolchains, home: workspace, workspace: home, environment });
    expect(moved.flatMap((one) => one.binds.map((bind) => bind.path))).toContain(`${elsewhere}/bin`);
  });

  it.each(['/', '/usr', '/etc', 'HOME', 'ABOVE', 'WORKSPACE', 'relative', '/nonexistent', '/proc/self/root'])(
    '[GRT-1] never widen to %s through a variable',
    async (value) => {
      const { home, workspace } = await makePlace();
      await mkdir(join(workspace, 'bin'));
      await mkdir(join(home, 'bin'));
      await mkdir(join(dirname(home), 'bin'));
      const root = { HOME: home, ABOVE: dirname(home), WORKSPACE: workspace }[value] ?? value;
      const whole: Toolchain = {
        id: 'whole',
        title: 'Whole',
        roots: [{ variable: 'WHOLE_ROOT', defaults: [] }],
        folders: ['.'],
        hidden: [],
        pathEntries: [],
        environment: {},
        passedVariables: [],
      };
      const question = { toolchains: [whole], home, workspace, environment: { WHOLE_ROOT: root } };
      expect(await findToolchains(question)).toEqual([]);
    },
  );

  it('do not follow links out of their root', async () => {
    const { home, workspace } = await makePlace();
    await put(join(home, '.ssh', 'id_ed25519'), 'canary');
    await mkdir(join(home, '.cargo'));
    await symlink(join(home, '.ssh'), join(home, '.cargo', 'bin'));
    expect(binds(await findToolchains({ toolchains, home, workspace, environment: {} }), home)).toEqual([]);
  });
});

describe('[RUN-7] the PATH inside', () => {
  it("keeps the caller's order and drops what will not be there", async () => {
    const { home, workspace } = await makePlace();
    const nvm = join(home, '.nvm/versions/node/v22.1.0/bin');
    await putScript(join(nvm, 'node'));
    await symlink(join(home, '.nvm/versions/node/v22.1.0'), join(home, 'current'));
    await mkdir(join(home, 'bin'));
    await mkdir(join(home, 'open'));
    await mkdir(join(home, 'whole', '.git'), { recursive: true });
    await chmod(join(home, 'open'), 0o777);
    await mkdir(join(workspace, 'node_modules', '.bin'), { recursive: true });
    await put(join(workspace, '.venv', 'pyvenv.cfg'));
    await mkdir(join(workspace, '.venv', 'bin'));
    const found = await findToolchains({ toolchains, home, workspace, environment: {} });
    const path = [
      `${workspace}/.venv/bin`,
      `${workspace}/node_modules/.bin`,
      '',
      '.',
      'bin',
      join(home, 'current', 'bin'),
      nvm,
      join(home, 'bin'),
      join(home, 'open'),
      join(home, 'whole'),
      home,
      '/usr/bin',
      '/nonexistent',
      '/usr/bin/',
      '/proc/self/cwd',
    ].join(':');
    const inside = await buildInsidePath({ path, home, workspace, toolchains: found });
    expect(inside.path.split(':')).toEqual([`${workspace}/.venv/bin`, nvm, join(home, 'bin'), '/usr/bin']);
    expect(inside.binds).toEqual([{ path: join(home, 'bin'), mode: 'read-only', reason: 'a folder of the PATH' }]);
    expect(inside.dropped.map((one) => one.entry)).toEqual([
      `${workspace}/node_modules/.bin`,
      '.',
      'bin',
      join(home, 'open'),
      join(home, 'whole'),
      home,
      '/nonexistent',
      '/proc/self/cwd',
    ]);
  });

  it('is never empty', async () => {
    const place = await makePlace();
    expect((await buildInsidePath({ ...place, path: '', toolchains: [] })).path).toBe('/usr/local/bin:/usr/bin:/bin');
  });
});

describe('[RUN-2] the data files', () => {
  it('that ship all load, and name the agents of the first milestone', async () => {
    const presets = await loadPresets(join(resources, 'agents'));
    expect(presets.map((preset) => preset.id)).toEqual(
      expect.arrayContaining(['claude-code', 'opencode', 'gemini-cli', 'generic']),
    );
    expect(toolchains.map((toolchain) => toolchain.id)).toEqual(
      expect.arrayContaining(['nvm', 'cargo', 'pyenv', 'uv']),
    );
  });

  it('name exactly the variables that travel for toolchains', () => {
    const named = toolchains.flatMap((one) => [...one.passedVariables, ...one.roots.map((root) => root.variable)]);
    expect([...new Set(named.filter((name) => name !== undefined))].sort()).toEqual(toolchainVariables);
  });

  it.each([
    ['not JSON', 'generic.json', '{', 'It is not JSON'],
    ['an unknown field', 'generic.json', '{"id":"generic","tite":"x"}', 'Field'],
    ['another id than its name', 'other.json', 'ID', 'Field id'],
    ['no generic preset', 'other.json', 'OTHER', 'generic.json'],
  ])('fail with the file and the field: %s', async (_, name, content, expected) => {
    const folder = await makeFolder();
    const generic = JSON.stringify((await loadPresets(join(resources, 'agents'))).find((one) => one.id === 'generic'));
    const text = content.replace('ID', generic).replace('OTHER', generic.replace('"generic"', '"other"'));
    await put(join(folder, name), text);
    await expect(loadPresets(folder)).rejects.toThrow(expected);
    await expect(loadPresets(folder)).rejects.toMatchObject({ data: { code: 'preset_invalid' } });
  });
});

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Preset, presetSchema } from '#contract/preset.ts';
import {
  choosePreset,
  noiseOf,
  presetGrants,
  presetNotices,
  verifiedLabel,
} from '../../../main/core/agents/choose-preset.ts';
import { buildSeedFiles } from '../../../main/core/agents/seed-files.ts';
import { addPresetFiles } from '../../../main/core/policy/path-reasons.ts';
import { parsePathSets } from '../../../main/core/policy/path-sets.ts';
import { agentPackages, campaignPackages, untriedPackages } from '../../helpers/agents/install-agents.ts';

const folder = path.resolve(import.meta.dirname, '../../../resources/agents');
const presets = readdirSync(folder)
  .sort()
  .map((name) => presetSchema.parse(JSON.parse(readFileSync(path.join(folder, name), 'utf8'))));
const agents = presets.filter(({ id }) => id !== 'generic');
const find = (id: string): Preset => {
  const found = presets.find((preset) => preset.id === id);
  if (found === undefined) throw new Error(`no preset ${id}`);
  return found;
};
const isWithin = (inner: string, outer: string) => inner === outer || inner.startsWith(`${outer}/`);

describe('[RUN-2] the presets that ship', () => {
  it('are the twelve agents people use, and a generic one', () => {
    expect(presets.map(({ id }) => id)).toEqual([
      ...['aider', 'amp', 'claude-code', 'cline', 'codex', 'copilot-cli', 'crush', 'gemini-cli'],
      ...['generic', 'goose', 'opencode', 'pi', 'qwen-code'],
    ]);
  });

  it.each(agents)('$id says what it is and needs', (preset) => {
    const { login, config, memory, transcripts } = preset.homeFiles;
    expect(preset.commands.names.length).toBeGreaterThan(0);
    expect(preset.credentialVariables.length).toBeGreaterThan(0);
    for (const files of [login, config, transcripts]) expect(files.length).toBeGreaterThan(0);
    // One place has one role, but for a login in a file of settings, which is not shared between workspaces; a login inside a folder of
    // transcripts is the narrower of the two.
    const named = [...login.filter((path) => !config.includes(path)), ...config, ...memory, ...transcripts];
    expect(new Set(named).size).toBe(named.length);
    expect(preset.homeFiles.pinned.filter((file) => !config.includes(file))).toEqual([]);
    for (const instruction of preset.instructionFiles) {
      expect(preset.workspaceFiles.some((file) => isWithin(instruction, file))).toBe(true);
    }
  });

  it.each(agents)('$id grants no host that it works without, and none twice', (preset) => {
    const hosts = [...preset.modelHosts, ...preset.noiseHosts.map(({ host }) => host)];
    expect(new Set(hosts).size).toBe(hosts.length);
    expect(presetGrants(preset)).toEqual(preset.modelHosts.map((host) => `net.connect:${host}:443`));
    for (const { host, purpose } of preset.noiseHosts) expect(noiseOf(preset, host)).toBe(purpose);
    expect(noiseOf(preset, 'example.org')).toBeUndefined();
  });

  it.each(agents)('$id is shown as tried only with a version that was', (preset) => {
    const label = verifiedLabel(preset);
    if (preset.verified === null) {
      expect(label).toBe('unverified');
      expect(presetNotices(preset).join()).toContain(`${preset.title} is unverified`);
      return;
    }
    const { version, date } = preset.verified;
    expect(label).toBe(`tried with ${version} on ${date}`);
    expect(verifiedLabel(preset, '99.0.0')).toBe(`tried with ${version} on ${date}, this is 99.0.0`);
    expect(presetNotices(preset)).toEqual([]);
    const tried = [...agentPackages, ...campaignPackages].find((each) => each.preset === preset.id);
    expect(tried?.version).toBe(version);
  });

  it('agree with how the agents of the tests are installed', () => {
    for (const agent of [...agentPackages, ...campaignPackages, ...untriedPackages]) {
      const named = { ecosystem: 'npm', name: agent.package };
      const chosen = choosePreset({ presets, requested: undefined, command: 'x', package: named });
      expect([agent.package, chosen.id]).toEqual([agent.package, agent.preset]);
      expect(find(agent.preset).commands.names).toContain(agent.command);
    }
  });

  it.each(agents)(
    '$id: its logins are credentials, and its settings in a workspace are protected, for every session',
    (preset) => {
      const shipped = parsePathSets(readFileSync(path.join(folder, '../policies/paths.json'), 'utf8'));
      const { pathSets: sets, reasons } = addPresetFiles({ pathSets: shipped, reasons: new Map() }, presets);
      const isNamed = (file: string, set: string) => (sets.get(set) ?? []).some((member) => isWithin(file, member));
      for (const file of preset.homeFiles.login) {
        expect([file, isNamed(file.replace('~', '$HOME'), 'credentials')]).toEqual([file, true]);
      }
      for (const file of preset.workspaceFiles.map((name) => `$WORKSPACE/${name}`)) {
        expect([file, isNamed(file, 'protected') !== isNamed(file, 'unprotected')]).toEqual([file, true]);
      }
      // Each is on the list that ships, with a reason of its own; a preset that brings more is protected all the same.
      expect([...reasons.keys()]).toEqual([]);
      const more = addPresetFiles({ pathSets: shipped, reasons }, [{ title: 'New', workspaceFiles: ['.new', '.env'] }]);
      expect([...more.reasons]).toEqual([['$WORKSPACE/.new', 'New executes or trusts it']]);
      expect(more.pathSets.get('protected')).toContain('$WORKSPACE/.new');
    },
  );

  it('no two claim one command or package', () => {
    const claims = agents.flatMap(({ commands }) => [
      ...commands.names.map((name) => `command ${name}`),
      ...commands.npmPackages.map((name) => `npm ${name}`),
      ...commands.pythonPackages.map((name) => `pypi ${name}`),
      ...commands.debianPackages.map((name) => `deb ${name}`),
    ]);
    expect(new Set(claims).size).toBe(claims.length);
  });

  it('the generic one claims nothing', () => {
    const generic = find('generic');
    expect(verifiedLabel(generic)).toBeUndefined();
    expect(presetNotices(generic)).toEqual([]);
    expect(presetGrants(generic)).toEqual([]);
  });

  it('switch off sandboxes that cannot nest', () => {
    const seeds = buildSeedFiles({ preset: find('codex'), workspace: '/home/ada/ws', passed: {} });
    expect(seeds.map((file) => file.path)).toEqual(['.codex/config.toml']);
    expect(seeds[0]?.content).toContain('\nsandbox_mode = "danger-full-access"\n');
    expect(find('gemini-cli').environment).toMatchObject({ GEMINI_SANDBOX: 'false' });
    expect(find('qwen-code').environment).toMatchObject({ QWEN_SANDBOX: 'false' });
  });
});

import { mkdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SessionStart } from '#contract/session.ts';
import { type ControlClient, connectControl } from '../../../main/adapters/control/client.ts';
import { statePaths } from '../../../main/adapters/control/paths.ts';
import { type KeyedHome, openKeyedHome } from '../../helpers/keyed-home.ts';

describe('what a start would be, before there is one', () => {
  let home: KeyedHome;
  let control: ControlClient;

  beforeAll(async () => {
    home = await openKeyedHome();
    await home.install('claude', 'exit 0');
    expect((await home.run(['supervisor', 'start'])).status).toBe(0);
    control = await connectControl({ controlSocket: statePaths(home.environment).controlSocket });
  });
  afterAll(async () => {
    control?.close();
    await home?.close();
  });

  function wanted(command: readonly string[], more: Partial<SessionStart> = {}): SessionStart {
    const place = { cwd: home.workspace, workspace: home.workspace };
    const callerEnvironment = { PATH: home.environment['PATH'] ?? '' };
    const nothing = { grants: [], environment: {}, limits: {} };
    return { command: [...command], ...place, callerEnvironment, ...nothing, ...more };
  }

  function examine(command: readonly string[], more: Partial<SessionStart> = {}) {
    return control.call('session.examine', wanted(command, more));
  }

  it('[APR-2] says what would run, where, with what, and what has to be accepted; and nothing of it is there', async () => {
    const notes = path.join(home.home, 'notes');
    await mkdir(notes);
    await symlink(notes, path.join(home.home, 'link'));
    await symlink(home.workspace, path.join(home.home, 'other'));
    const found = await examine(['claude'], {
      workspace: path.join(home.home, 'other'),
      grants: ['net.connect:EXAMPLE.org:443', `file.read:${home.home}/link`],
      environment: { MY_TOKEN: 'abcdefgh1' },
      expose: [{ hostPort: 0, port: 5173 }],
      limits: { processes: 64 },
      presentVariables: ['ANTHROPIC_API_KEY'],
      forMs: 60_000,
    });
    expect(found).toMatchObject({
      agent: 'claude-code',
      workspace: home.workspace,
      grants: ['net.connect:example.org:443', `file.read:${notes}`],
      exposed: [{ port: 5173 }],
      limits: { processes: 64, openFiles: expect.any(Number) },
      lifeMs: 60_000,
      notices: ['MY_TOKEN looks like a secret; the agent can read it and everything it talks to may get it.'],
      repeats: false,
      question: { kind: 'unknown', name: 'claude-code' },
    });
    expect(JSON.stringify(found)).not.toContain('abcdefgh1');
    expect((await home.run(['sessions', '--all'])).stdout).toBe('');
    expect((await home.run(['agents', 'list', '--json'])).stdout).not.toContain('claude-code');
  });

  it('[AUD-1] what cannot start is refused as at a start, on record', async () => {
    await expect(examine(['true'], { workspace: '/' })).rejects.toMatchObject({ data: { code: 'workspace_refused' } });
    await expect(examine(['no-such-command'])).rejects.toMatchObject({ data: { code: 'command_not_found' } });
    await expect(examine(['true'], { environment: { LD_PRELOAD: '/x' } })).rejects.toThrow('LD_PRELOAD');
    expect((await home.run(['log', 'kind:session.refused', '--json'])).stdout.trim().split('\n')).toHaveLength(3);
  });

  it('[APR-4] what is started is what was looked at, whatever leads elsewhere meanwhile', async () => {
    const link = path.join(home.workspace, 'in');
    const elsewhere = path.join(home.home, 'elsewhere');
    await mkdir(elsewhere);
    await mkdir(path.join(home.workspace, 'sub'));
    await symlink(path.join(home.workspace, 'sub'), link);
    const more = { cwd: link, workspace: link };
    const start = async (examined: string) => control.call('session.start', { ...wanted(['true'], more), examined });
    const { digest } = await examine(['true'], more);
    expect((await start(digest)).session.workspace).toBe(path.join(home.workspace, 'sub'));
    await rm(link);
    await symlink(elsewhere, link);
    await expect(start(digest)).rejects.toMatchObject({ data: { code: 'approval_refused' } });
    expect((await home.run(['sessions', '--all'])).stdout).not.toContain('elsewhere');
  });

  it('[APR-5] a start from a terminal is what a later one repeats, and nothing more', async () => {
    expect(await examine(['true', 'x'])).toMatchObject({ repeats: false });
    expect((await home.run(['run', '--task', 'Look', '--', 'true', 'x'])).status).toBe(0);
    expect(await examine(['true', 'x'])).toMatchObject({ repeats: true });
    expect(await examine(['true', 'x'], { task: 'Look', forMs: 3_600_000 })).toMatchObject({ repeats: true });
    expect(await examine(['true', 'x'], { task: 'Look elsewhere' })).toMatchObject({ repeats: false });
    expect(await examine(['true', 'x'], { forMs: 24 * 3_600_000 })).toMatchObject({ repeats: false });
    expect(await examine(['true', 'x'], { grants: ['net.connect:a.test'] })).toMatchObject({ repeats: false });
    expect(await examine(['true'])).toMatchObject({ repeats: false });
  });

  it('[APR-5] what a person held tighter before is no repetition without that', async () => {
    expect((await home.run(['run', '--limit', 'processes=64', '--', 'true', 'held'])).status).toBe(0);
    expect(await examine(['true', 'held'])).toMatchObject({ repeats: false });
    expect((await home.run(['run', '--', 'true', 'held'])).status).toBe(0);
    expect(await examine(['true', 'held'])).toMatchObject({ repeats: true });
  });
});

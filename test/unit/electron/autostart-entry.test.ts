import { expect, test } from 'vitest';
import { autostartEntry, ownWords, readAutostartEntry } from '../../../main/electron/autostart-entry.ts';

const installed = {
  isPackaged: true,
  execPath: '/opt/Gatehouse/gatehouse',
  appPath: '/opt/Gatehouse/resources/app.asar',
  appImage: undefined,
  isRoot: false,
};

test.each([
  ['from Debian’s package', installed, ['/opt/Gatehouse/gatehouse']],
  [
    'from an AppImage: its file, since where it is mounted is gone with it',
    { ...installed, execPath: '/tmp/.mount_GateX1/gatehouse', appImage: '/home/ada/apps/gatehouse-1.0.0-x64.AppImage' },
    ['/home/ada/apps/gatehouse-1.0.0-x64.AppImage'],
  ],
  ['with a word that is no path', { ...installed, appImage: 'sh -c evil' }, ['/opt/Gatehouse/gatehouse']],
  [
    'from source',
    {
      ...installed,
      isPackaged: false,
      execPath: '/src/.cache/electron/electron',
      appPath: '/src/dist/app',
      appImage: '/x',
    },
    ['/src/.cache/electron/electron', '/src/dist/app'],
  ],
  ['as root', { ...installed, isRoot: true }, ['/opt/Gatehouse/gatehouse', '--no-sandbox']],
])('starts again %s', (_what, program, words) => {
  expect(ownWords(program)).toEqual(words);
});

test('the file is what the desktop reads, word by word', () => {
  expect(autostartEntry(['/opt/Gatehouse/gatehouse', '--background'], false).split('\n')).toEqual([
    '[Desktop Entry]',
    'Type=Application',
    'Name=Gatehouse',
    'Comment=Runs local AI agents inside walls you control',
    'Exec="/opt/Gatehouse/gatehouse" "--background"',
    'Icon=gatehouse',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    'X-Gatehouse=1',
    '',
  ]);
});

test('nothing in a path is more than a path', () => {
  const entry = autostartEntry(['/a b/$(x)`y`"z\\%f'], false);
  expect(entry).toContain('Exec="/a b/\\\\$(x)\\\\`y\\\\`\\\\"z\\\\\\\\%%f"');
});

test.each([
  ['ours', autostartEntry(['/x'], true), { isOurs: true, isOn: true, madeFolder: true }],
  ['another', '[Desktop Entry]\nExec=/x\n', { isOurs: false, isOn: true, madeFolder: false }],
  [
    'switched off in the desktop’s settings',
    autostartEntry(['/x'], false).replace('enabled=true', 'enabled=false'),
    { isOurs: true, isOn: false, madeFolder: false },
  ],
  ['hidden', `${autostartEntry(['/x'], false)}Hidden=true\n`, { isOurs: true, isOn: false, madeFolder: false }],
])('reads a file that is %s', (_what, text, found) => {
  expect(readAutostartEntry(text)).toEqual(found);
});

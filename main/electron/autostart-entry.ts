/** Tells a file of ours from one that somebody else put there. */
const mark = 'X-Gatehouse=1';
/** Its folder was made for it, and goes with it. */
const folderMark = 'X-Gatehouse-MadeFolder=1';

/** How this app was started. */
export interface OwnProgram {
  readonly isPackaged: boolean;
  /** The program that runs: of an AppImage it lies where the image is mounted, and is gone with it. */
  readonly execPath: string;
  readonly appPath: string;
  /** The image's own file, as its runtime says. */
  readonly appImage: string | undefined;
  readonly isRoot: boolean;
}

/** Words that start it again: from source Electron has to be told which app, and root has no sandbox of Chromium's. */
export function ownWords({ isPackaged, execPath, appPath, appImage, isRoot }: OwnProgram): string[] {
  const noSandbox = isRoot ? ['--no-sandbox'] : [];
  if (!isPackaged) return [execPath, appPath, ...noSandbox];
  const isImage = appImage?.startsWith('/') === true;
  return [isImage ? appImage : execPath, ...noSandbox];
}

/** The file that has the desktop start the app (Desktop Application Autostart Specification). */
export function autostartEntry(words: readonly string[], madeFolder: boolean): string {
  const lines = [
    '[Desktop Entry]',
    'Type=Application',
    'Name=Gatehouse',
    'Comment=Runs local AI agents inside walls you control',
    `Exec=${words.map(quoted).join(' ')}`,
    'Icon=gatehouse',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    mark,
    ...(madeFolder ? [folderMark] : []),
  ];
  return `${lines.join('\n')}\n`;
}

/** What such a file says. A desktop's own settings switch an entry off by a line in it. */
export function readAutostartEntry(text: string): {
  readonly isOurs: boolean;
  readonly isOn: boolean;
  readonly madeFolder: boolean;
} {
  const lines = text.split('\n').map((line) => line.trim());
  const isOff = lines.some((line) => /^(?:Hidden\s*=\s*true|X-GNOME-Autostart-enabled\s*=\s*false)$/u.test(line));
  return { isOurs: lines.includes(mark), isOn: !isOff, madeFolder: lines.includes(folderMark) };
}

/** As the Desktop Entry Specification quotes: backslashes twice over, once for the string and once for the argument. */
function quoted(word: string): string {
  const escaped = word
    .replace(/["`$\\]/gu, '\\$&')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%');
  return `"${escaped}"`;
}

import type { ITheme } from '@xterm/xterm';

/** The sixteen colours programs ask for by number, readable on the ground of either scheme. */
const palettes: Readonly<Record<'light' | 'dark', ITheme>> = {
  light: {
    black: '#1d1d1b',
    red: '#a3231d',
    green: '#1d6b3a',
    yellow: '#7d4e00',
    blue: '#1f5fbf',
    magenta: '#8a2f8f',
    cyan: '#0f6674',
    white: '#5c5c57',
    brightBlack: '#6c6c66',
    brightRed: '#c2352e',
    brightGreen: '#267f47',
    brightYellow: '#8f5c00',
    brightBlue: '#2f6fd0',
    brightMagenta: '#9c3fa1',
    brightCyan: '#167585',
    brightWhite: '#3a3a37',
  },
  dark: {
    black: '#35383d',
    red: '#ff9d94',
    green: '#7fd19b',
    yellow: '#f0bd5e',
    blue: '#82b4ff',
    magenta: '#dba0e2',
    cyan: '#74cfdd',
    white: '#d5d5d1',
    brightBlack: '#8f959d',
    brightRed: '#ffb5ae',
    brightGreen: '#a0e0b5',
    brightYellow: '#f7d08a',
    brightBlue: '#a6caff',
    brightMagenta: '#e8bdec',
    brightCyan: '#9be0ea',
    brightWhite: '#f5f5f2',
  },
};

/** Colours of the window's own tokens as the scheme makes them now; `within` is where they apply. */
export function terminalTheme(within: HTMLElement): ITheme {
  const probe = document.createElement('span');
  within.append(probe);
  const colour = (token: string) => {
    probe.style.color = `var(${token})`;
    return getComputedStyle(probe).color;
  };
  const scheme = window.matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
  const theme: ITheme = {
    ...palettes[scheme],
    background: colour('--ground'),
    foreground: colour('--text'),
    cursor: colour('--accent'),
    cursorAccent: colour('--ground'),
    selectionBackground: colour('--accent-ground'),
    selectionForeground: colour('--text'),
  };
  probe.remove();
  return theme;
}

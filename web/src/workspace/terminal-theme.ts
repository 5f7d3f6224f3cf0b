/** The colours of the terminal: those of the page, and sixteen that can be read on them. */
import type { ITheme } from '@xterm/xterm';

const light: ITheme = {
  black: '#1b1c22',
  red: '#be2a32',
  green: '#16784a',
  yellow: '#8a5800',
  blue: '#2f5fd0',
  magenta: '#8b3fb3',
  cyan: '#0f7285',
  white: '#5c5e6a',
  brightBlack: '#6d6f7b',
  brightRed: '#d6363f',
  brightGreen: '#1a8553',
  brightYellow: '#966000',
  brightBlue: '#4a50d0',
  brightMagenta: '#a04cc9',
  brightCyan: '#13809a',
  brightWhite: '#1b1c22',
};

const dark: ITheme = {
  black: '#3d3f4b',
  red: '#ff8a88',
  green: '#58c990',
  yellow: '#e6ac4a',
  blue: '#82acff',
  magenta: '#d6a1f0',
  cyan: '#67c9dd',
  white: '#c9cad3',
  brightBlack: '#8d8f9c',
  brightRed: '#ffa19f',
  brightGreen: '#7fdcab',
  brightYellow: '#f3c473',
  brightBlue: '#a3c2ff',
  brightMagenta: '#e5bff7',
  brightCyan: '#93dcea',
  brightWhite: '#ffffff',
};

/** That of the scheme which the page has now. */
export function terminalTheme(isDark: boolean): ITheme {
  const styles = getComputedStyle(document.documentElement);
  const token = (name: string): string => styles.getPropertyValue(name).trim();
  return {
    ...(isDark ? dark : light),
    background: token('--surface-code'),
    foreground: token('--text'),
    cursor: token('--surface-code'), // nothing is typed here
    selectionBackground: isDark ? '#3a3e6e' : '#cfd3fb',
  };
}

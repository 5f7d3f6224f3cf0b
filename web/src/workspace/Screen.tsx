/** The screen of the terminal: xterm.js, which only shows. Loaded when a terminal is first opened. */
import { FitAddon } from '@xterm/addon-fit';
import { Terminal } from '@xterm/xterm';
import { useEffect, useRef } from 'react';
import '@xterm/xterm/css/xterm.css';
import { useMedia } from '../ui/use-media.ts';
import { PaletteColours } from './palette-colours.ts';
import { withStandInStyles } from './stand-in-styles.ts';
import type { TerminalStep } from './terminal-text.ts';
import { terminalTheme } from './terminal-theme.ts';

export interface ScreenProps {
  /** Shows all there is, and whatever comes, until the answer is called. */
  readonly follow: (onStep: (step: TerminalStep) => void) => () => void;
}

const SCROLLBACK = 10_000;

export function Screen({ follow }: ScreenProps) {
  const holder = useRef<HTMLDivElement>(null);
  const terminal = useRef<Terminal | null>(null);
  const isDark = useMedia('(prefers-color-scheme: dark)');

  useEffect(() => {
    const parent = holder.current;
    if (parent === null) return;
    const made = new Terminal({
      convertEol: true,
      cursorStyle: 'bar',
      cursorInactiveStyle: 'none',
      disableStdin: true,
      fontFamily: getComputedStyle(parent).fontFamily,
      fontSize: 13,
      lineHeight: 1.25,
      screenReaderMode: true,
      scrollback: SCROLLBACK,
    });
    const fit = new FitAddon();
    made.loadAddon(fit);
    withStandInStyles(() => made.open(parent));
    made.textarea?.setAttribute('aria-label', 'Output of commands');
    terminal.current = made;
    const sizes = new ResizeObserver(() => {
      if (parent.clientWidth > 0) fit.fit();
    });
    sizes.observe(parent);
    const colours = new PaletteColours();
    const leave = follow((step) => {
      if ('append' in step) {
        made.write(colours.push(step.append));
        return;
      }
      made.reset();
      colours.reset();
      made.write(colours.push(step.rewrite));
    });
    return () => {
      leave();
      sizes.disconnect();
      made.dispose();
      terminal.current = null;
    };
  }, [follow]);

  useEffect(() => {
    if (terminal.current !== null) terminal.current.options.theme = terminalTheme(isDark);
  }, [isDark]);

  return <div ref={holder} className="terminal-screen" />;
}

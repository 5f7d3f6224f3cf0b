import { type CSSProperties, Fragment, memo } from 'react';
import { type AnsiSpan, type AnsiStyle, ansiLines } from './ansi.ts';
import { shownText } from './Text.tsx';
import './ansi-text.css';

/** What a terminal would show of a text. */
export const AnsiText = memo(function AnsiText({ text }: { readonly text: string }) {
  return spansOf(text).map(({ style, text: part }, index) =>
    isPlain(style) ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: parts of a text have no other name
      <Fragment key={index}>{shownText(part)}</Fragment>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: see above
      <span key={index} className={classesOf(style)} style={coloursOf(style)}>
        {shownText(part)}
      </span>
    ),
  );
});

/** The fewest spans: those that look alike are one, over the ends of lines. */
function spansOf(text: string): readonly AnsiSpan[] {
  const spans: AnsiSpan[] = [];
  ansiLines(text).forEach((line, index) => {
    const parts = index === 0 ? line : [{ text: '\n', style: {} }, ...line];
    for (const part of parts) {
      const last = spans.at(-1);
      if (last !== undefined && isPlain(last.style) && isPlain(part.style)) {
        spans[spans.length - 1] = { text: last.text + part.text, style: last.style };
      } else {
        spans.push(part);
      }
    }
  });
  return spans;
}

function isPlain(style: AnsiStyle): boolean {
  for (const value of Object.values(style)) if (value !== false) return false;
  return true;
}

function classesOf({ background, color, ...weights }: AnsiStyle): string {
  const names = Object.entries(weights).flatMap(([name, isOn]) => (isOn ? [`ansi-${name}`] : []));
  if (typeof color === 'number') names.push(`ansi-color-${color}`);
  if (typeof background === 'number') names.push(`ansi-background-${background}`);
  return names.join(' ');
}

function coloursOf({ background, color }: AnsiStyle): CSSProperties | undefined {
  if (typeof color !== 'string' && typeof background !== 'string') return undefined;
  return {
    ...(typeof color === 'string' ? { color } : {}),
    ...(typeof background === 'string' ? { backgroundColor: background } : {}),
  };
}

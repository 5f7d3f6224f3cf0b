import { type CSSProperties, memo } from 'react';
import { type AnsiLine, type AnsiStyle, ansiLines } from './ansi.ts';
import { Text } from './Text.tsx';
import './ansi-text.css';

/** What a terminal would show of a text. */
export const AnsiText = memo(function AnsiText({ text }: { readonly text: string }) {
  return ansiLines(text).map((line, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other name
    <Line key={index} line={line} isFirst={index === 0} />
  ));
});

function Line({ line, isFirst }: { readonly line: AnsiLine; readonly isFirst: boolean }) {
  return (
    <>
      {isFirst ? null : '\n'}
      {line.map(({ style, text }, index) =>
        isPlain(style) ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <Text key={index} text={text} />
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: see above
          <span key={index} className={classesOf(style)} style={coloursOf(style)}>
            <Text text={text} />
          </span>
        ),
      )}
    </>
  );
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

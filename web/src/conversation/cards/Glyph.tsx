/** What kind of thing a card tells of, as strokes in a box of 16. */
const strokes = {
  command: 'm3.5 5 3 3-3 3M8.5 11.500H13',
  edit: 'm10.5 3.5 2 2L6 12l-2.7.7L4 10l6.5-6.5Z',
  error: 'M8 3 2.5 13h11L8 3Zm0 4v2.800m0 1.400v.01',
  file: 'M4.5 2.500h4.500l3 3v8h-7.500zM9 2.500v3h3',
  finish: 'm3.5 8.5 3 3 6-7',
  notice: 'M8 7.500v3.500M8 5v.01',
  thought:
    'M6 12h4m-3.5 1.500h3M8 2.500a4 4 0 0 0-2.3 7.300c.2.2.3.5.3.700h4c0-.2.1-.5.3-.7A4 4 0 0 0 8 2.500Z',
  tool: 'M9.5 4.500a2.8 2.8 0 0 0-3.6 3.600L3 11l2 2 2.9-2.900a2.8 2.8 0 0 0 3.6-3.600L9.7 8.2 7.8 6.300z',
  web: 'M8 13.500a5.5 5.5 0 1 0 0-11 5.5 5.5 0 0 0 0 11ZM2.5 8h11M8 2.500c2.5 3 2.5 8 0 11-2.5-3-2.5-8 0-11Z',
} as const;

export type GlyphName = keyof typeof strokes;

export function Glyph({ name }: { readonly name: GlyphName }) {
  return (
    <svg className="icon card-glyph" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={strokes[name]} />
    </svg>
  );
}

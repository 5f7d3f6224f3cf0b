import './icon.css';

/** Strokes in a box of 16. */
const strokes = {
  back: 'M9.5 3.5 5 8l4.5 4.5',
  chevron: 'm6 4 4 4-4 4',
  check: 'm3.5 8.5 3 3 6-7',
  close: 'm4 4 8 8m0-8-8 8',
  cluster: 'M6.5 2.5h3v3h-3zM2.5 10.5h3v3h-3zM10.5 10.5h3v3h-3zM8 5.5V8M4 10.5V8h8v2.5',
  download: 'M8 2.5v7.5m-3-3 3 3 3-3M3 13h10',
  edit: 'm10.5 3.5 2 2L6 12l-2.7.7L4 10l6.5-6.5Z',
  folder: 'M2.5 4h4l1.5 2h5.5v6.5h-11z',
  fork: 'M4.5 3v10M4.5 9.5c0-3 7-1 7-4.5V3M3 13h3m4-10h3',
  more: 'M3.2 8h.6M7.7 8h.6m3.9 0h.6',
  pause: 'M5.5 3.5v9m5-9v9',
  play: 'm5 3.5 7 4.5-7 4.5v-9Z',
  plus: 'M8 3v10M3 8h10',
  refresh: 'M13 8a5 5 0 1 1-1.5-3.500M13 2.500v2.500h-2.500',
  search: 'M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9Zm3.2-1.3 3.3 3.3',
  settings: 'M2.5 5h6m3 0h2m-11 6h2m3 0h6M10 3.5v3m-4 3v3',
  stop: 'M4 4h8v8H4z',
  trash: 'M3 4.5h10m-6.5 0V3h3v1.5m-5 0 .5 8.5h6l.5-8.5m-4.8 2.5v3.5m2.6-3.5v3.5',
  upload: 'M8 10V2.5m-3 3 3-3 3 3M3 13h10',
} as const;

export type IconName = keyof typeof strokes;

/** An ornament: the control that has it carries the label. */
export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      <path d={strokes[name]} />
    </svg>
  );
}

/** How long ago something was, for people. */
const units: readonly (readonly [seconds: number, name: string])[] = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
];

/** Both in ms since the epoch: such as `5 min ago`. */
export function ago(time: number, now: number): string {
  const seconds = Math.max(0, (now - time) / 1000);
  const unit = units.find(([length]) => seconds >= length);
  if (unit === undefined) return 'just now';
  return `${Math.floor(seconds / unit[0])} ${unit[1]} ago`;
}

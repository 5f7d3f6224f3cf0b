/** How wide the workspace is beside the conversation: what a person chose, within what leaves room for both. */
export const MIN_WIDTH = 280;
/** What the conversation keeps. */
const MIN_REST = 400;
const DEFAULT_SHARE = 0.4;

export function clampWidth(wanted: number | null, whole: number): number {
  const width = wanted ?? Math.round(whole * DEFAULT_SHARE);
  return Math.max(MIN_WIDTH, Math.min(width, whole - MIN_REST));
}

/** What a key on the separator makes of a width; null where it means nothing. */
export function widthAfter(key: string, width: number, whole: number): number | null {
  switch (key) {
    case 'ArrowLeft':
      return clampWidth(width + 24, whole);
    case 'ArrowRight':
      return clampWidth(width - 24, whole);
    case 'Home':
      return clampWidth(whole, whole);
    case 'End':
      return clampWidth(0, whole);
    default:
      return null;
  }
}

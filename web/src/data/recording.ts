/** Files that hold a conversation. */
import type { Recording } from 'convene/client';

/** Of a file that this page, `convene export --trajectory` or OpenHands has written. */
export function recordingOf(text: string, fileName: string): Recording {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    throw new Error('this file is no JSON.');
  }
  const { title, trajectory } = Array.isArray(content)
    ? { title: undefined, trajectory: content }
    : Object(content);
  if (!Array.isArray(trajectory)) throw new Error('this file has no events.');
  const named = typeof title === 'string' ? title.trim() : '';
  return { title: named === '' ? fileName.replace(/\.json$/i, '') : named, trajectory };
}

/** What every file system takes. */
export function fileNameOf(title: string): string {
  const name = title
    .replaceAll(/[^\p{L}\p{N} ._-]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()
    .slice(0, 80)
    .trim();
  return name === '' || name.startsWith('.') ? 'conversation' : name;
}

/** A text area has `\n` at the end of every line, whatever its text had: what was there is put back. */
export function forEditor(text: string): string {
  return text.replaceAll(/\r\n?/g, '\n');
}

/** `text` of the editor with the line ends that most lines of `original` have. */
export function asIn(original: string, text: string): string {
  const all = original.match(/\n/g)?.length ?? 0;
  const windows = original.match(/\r\n/g)?.length ?? 0;
  if (windows === 0) return text;
  return windows * 2 > all ? text.replaceAll('\n', '\r\n') : text;
}

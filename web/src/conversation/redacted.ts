/** Where a secret stood in a text. */
const REDACTED = '[redacted]';

export interface TextPart {
  readonly text: string;
  readonly isRedacted: boolean;
}

/** The text in parts; those between were secrets. */
export function redactedParts(text: string): readonly TextPart[] {
  if (!text.includes(REDACTED)) return [{ text, isRedacted: false }];
  return text
    .split(/(\[redacted\])/)
    .filter((part) => part !== '')
    .map((part) => ({ text: part, isRedacted: part === REDACTED }));
}

import { Fragment, type ReactNode } from 'react';
import { redactedParts } from './redacted.ts';

/** A text in which the places of secrets can be told from what was written. */
export function Text({ text }: { readonly text: string }) {
  return shownText(text);
}

/** The same, without a component: most texts are nothing but text. */
export function shownText(text: string): ReactNode {
  const parts = redactedParts(text);
  if (parts.length === 1 && parts[0]?.isRedacted === false) return text;
  return parts.map((part, index) =>
    part.isRedacted ? (
      // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have no other name
      <span key={index} className="redacted" title="A secret stood here">
        {part.text}
      </span>
    ) : (
      // biome-ignore lint/suspicious/noArrayIndexKey: see above
      <Fragment key={index}>{part.text}</Fragment>
    ),
  );
}

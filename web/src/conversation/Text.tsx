import { Fragment } from 'react';
import { redactedParts } from './redacted.ts';

/** A text in which the places of secrets can be told from what was written. */
export function Text({ text }: { readonly text: string }) {
  return redactedParts(text).map((part, index) =>
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

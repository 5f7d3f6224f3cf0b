import type { ReactNode } from 'react';

/** A long text in an opened card, which scrolls by itself. */
export function WholeText({ children, label }: { readonly label: string; readonly children: ReactNode }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section className="card-whole" aria-label={label} tabIndex={0}>
      <pre className="card-output">{children}</pre>
    </section>
  );
}

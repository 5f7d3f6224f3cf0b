import type { ReactNode } from 'react';

/** Something that happened, in a thin line. */
export function NoticeRow({ children }: { readonly children: ReactNode }) {
  return <div className="notice">{children}</div>;
}

import type { ReactNode } from 'react';
import './empty-state.css';

/** Where there is nothing to show: why, and what to do. */
export function EmptyState({ children, title }: { readonly title: string; readonly children?: ReactNode }) {
  return (
    <div className="empty-state">
      <p className="empty-state-title">{title}</p>
      {children}
    </div>
  );
}

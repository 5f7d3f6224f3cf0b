import { Component, type ReactNode } from 'react';
import { Button } from '../ui/Button.tsx';
import { EmptyState } from '../ui/EmptyState.tsx';

interface PageBoundaryProps {
  readonly children: ReactNode;
}

/** Where a page can't be shown, the rest of the app goes on. Another page is another try: give it the path as key. */
export class PageBoundary extends Component<PageBoundaryProps, { readonly failure: string | null }> {
  override state = { failure: null };

  static getDerivedStateFromError(error: unknown): { readonly failure: string } {
    return { failure: error instanceof Error ? error.message : String(error) };
  }

  override render(): ReactNode {
    const { failure } = this.state;
    if (failure === null) return this.props.children;
    return (
      <main className="page">
        <EmptyState title="This page can’t be shown">
          <p>{failure}</p>
          <Button onClick={() => window.location.reload()}>Load it again</Button>
        </EmptyState>
      </main>
    );
  }
}

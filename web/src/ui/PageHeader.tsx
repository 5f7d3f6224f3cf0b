import { type ReactNode, useEffect } from 'react';
import { Link } from 'wouter';
import { routes } from '../app/routes.ts';
import { Icon } from './Icon.tsx';
import './page-header.css';

interface PageHeaderProps {
  readonly title: ReactNode;
  /** At the end of the line. */
  readonly children?: ReactNode;
}

/** The head of a page; on a phone with the way back to the list, which is beside the page elsewhere. */
export function PageHeader({ children, title }: PageHeaderProps) {
  useEffect(() => {
    document.title = typeof title === 'string' && title !== '' ? `${title} · Convene` : 'Convene';
  }, [title]);
  return (
    <header className="page-header">
      <Link
        href={routes.home}
        className="button button-quiet button-icon page-header-back"
        aria-label="Back to all conversations"
      >
        <Icon name="back" />
      </Link>
      <h1 className="page-header-title">{title}</h1>
      {children}
    </header>
  );
}

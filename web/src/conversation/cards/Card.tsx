import type { ReactNode } from 'react';
import { classes } from '../../ui/classes.ts';
import { useOpen } from '../timeline-context.ts';
import { Glyph, type GlyphName } from './Glyph.tsx';
import './card.css';

interface CardProps {
  readonly id: number;
  readonly glyph: GlyphName;
  /** One line: what was done. */
  readonly title: ReactNode;
  /** At the end of that line: what came of it. */
  readonly outcome?: ReactNode;
  readonly tone?: 'plain' | 'waiting' | 'failed';
  /** Shown while the card is closed; it opens where there is more than this. */
  readonly preview?: ReactNode;
  /** Shown while it is open; null: there is nothing to open. */
  readonly children: ReactNode;
}

/** Something that the agent did, in a line that opens. */
export function Card({ children, glyph, id, outcome, preview, title, tone = 'plain' }: CardProps) {
  const [isOpen, toggle] = useOpen(id);
  const content = (
    <>
      <Glyph name={glyph} />
      <span className="card-title">{title}</span>
      <span className="card-outcome">{outcome}</span>
    </>
  );
  return (
    <div className={classes('card', `card-${tone}`)}>
      {children === null ? (
        <div className="card-head">{content}</div>
      ) : (
        <button type="button" className="card-head" aria-expanded={isOpen} onClick={toggle}>
          {content}
        </button>
      )}
      {isOpen && children !== null ? <div className="card-body">{children}</div> : preview}
    </div>
  );
}

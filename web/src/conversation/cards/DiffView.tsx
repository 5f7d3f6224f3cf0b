import { Text } from '../Text.tsx';
import type { DiffLine } from '../unified-diff.ts';
import './diff-view.css';

const signs = { added: '+', removed: '−', same: ' ', gap: '' } as const;
const words = { added: 'Added: ', removed: 'Removed: ', same: '', gap: '' } as const;
const MAX_LINES = 2_000;

interface DiffViewProps {
  readonly lines: readonly DiffLine[];
  /** How many more there are. */
  readonly hidden: number;
}

export function DiffView({ hidden, lines }: DiffViewProps) {
  const rest = Math.max(0, hidden) + Math.max(0, lines.length - MAX_LINES);
  return (
    <div className="diff">
      <div className="diff-lines">
        {lines.slice(0, MAX_LINES).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines of a difference have no other name
          <div key={index} className={`diff-line diff-${line.kind}`}>
            <span className="diff-number">{line.kind === 'gap' ? '⋯' : (line.after ?? line.before)}</span>
            <span className="diff-sign" aria-hidden="true">
              {signs[line.kind]}
            </span>
            {words[line.kind] === '' ? null : <span className="visually-hidden">{words[line.kind]}</span>}
            <span className="diff-text">
              <Text text={line.text} />
            </span>
          </div>
        ))}
      </div>
      {rest > 0 ? <div className="card-more diff-more">{rest} more lines</div> : null}
    </div>
  );
}

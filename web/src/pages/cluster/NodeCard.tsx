import type { NodeView } from 'convene/client';
import { Link } from 'wouter';
import { conversationPath } from '../../app/routes.ts';
import { classes } from '../../ui/classes.ts';
import { StateDot } from '../../ui/StateDot.tsx';
import { duration, nodeName, nodeState, shortId } from './node-view.ts';

const LISTED = 50;

interface NodeCardProps {
  readonly node: NodeView;
  readonly colour: string;
  /** Of the busiest node: the length of the longest bar. */
  readonly mostLoad: number;
  readonly now: number;
}

export function NodeCard({ colour, mostLoad, node, now }: NodeCardProps) {
  const state = nodeState(node);
  return (
    <li className={classes('node', !node.live && 'node-gone')}>
      <div className="node-head">
        <span className={`node-colour ${colour}`} aria-hidden="true" />
        <span className="node-name" title={node.id}>
          {nodeName(node)}
        </span>
        <StateDot tone={state.tone} word={state.word} />
      </div>
      <meter
        className={`node-load ${colour}`}
        min={0}
        max={Math.max(1, mostLoad)}
        value={node.load}
        aria-label={`Running agents of ${nodeName(node)}`}
      />
      <p className="node-facts">
        {node.live
          ? `${node.load} running · up for ${duration(now - Date.parse(node.startedAt))}`
          : `Started ${duration(now - Date.parse(node.startedAt))} ago, and gone since`}
      </p>
      {node.running.length === 0 ? null : (
        <details className="node-owned">
          <summary>Its conversations</summary>
          <ul>
            {node.running.slice(0, LISTED).map((id) => (
              <li key={id}>
                <Link href={conversationPath(id)}>{shortId(id)}</Link>
              </li>
            ))}
            {node.running.length > LISTED ? <li>and {node.running.length - LISTED} more</li> : null}
          </ul>
        </details>
      )}
    </li>
  );
}

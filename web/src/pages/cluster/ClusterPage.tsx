import type { ClusterView } from 'convene/client';
import { useEffect, useState } from 'react';
import { useCluster } from '../../data/cluster.ts';
import { EmptyState } from '../../ui/EmptyState.tsx';
import { PageHeader } from '../../ui/PageHeader.tsx';
import { useNow } from '../../ui/use-now.ts';
import { LoadChart } from './LoadChart.tsx';
import { type LoadSample, withSample } from './load-history.ts';
import { NodeCard } from './NodeCard.tsx';
import { colourClasses } from './node-view.ts';
import { TakeoverChart } from './TakeoverChart.tsx';
import { TakeoverTable } from './TakeoverTable.tsx';
import './cluster.css';

export function ClusterPage() {
  const { data, dataUpdatedAt, error } = useCluster();
  const [history, setHistory] = useState<readonly LoadSample[]>([]);
  useEffect(() => {
    if (data !== undefined) setHistory((before) => withSample(before, data.nodes, dataUpdatedAt));
  }, [data, dataUpdatedAt]);
  return (
    <>
      <PageHeader title="Cluster">
        <span className="cluster-live" role="status">
          {error === null ? '' : 'No answer: trying again'}
        </span>
      </PageHeader>
      <main className="page">
        {data === undefined ? null : <Shown cluster={data} history={history} />}
        {data === undefined && error !== null ? (
          <EmptyState title="The cluster can’t be seen">
            <p>{error.message}</p>
          </EmptyState>
        ) : null}
      </main>
    </>
  );
}

interface ShownProps {
  readonly cluster: ClusterView;
  readonly history: readonly LoadSample[];
}

function Shown({ cluster: { nodes, takeovers }, history }: ShownProps) {
  const now = useNow(1_000);
  const colours = colourClasses(nodes);
  const byAge = nodes.toSorted((left, right) => (left.startedAt < right.startedAt ? -1 : 1));
  const living = byAge.filter(({ live }) => live);
  const ordered = [...living, ...byAge.filter(({ live }) => !live)];
  const mostLoad = Math.max(0, ...nodes.map(({ load }) => load));
  const running = living.reduce((sum, { load }) => sum + load, 0);
  return (
    <div className="cluster">
      <dl className="cluster-figures">
        <Figure name="Nodes alive" value={living.length} />
        <Figure name="Running agents" value={running} />
        <Figure name="Takeovers" value={takeovers.length} />
      </dl>
      <ul className="nodes" aria-label="Nodes">
        {ordered.map((node) => (
          <NodeCard
            key={node.id}
            node={node}
            colour={colours.get(node.id) ?? ''}
            mostLoad={mostLoad}
            now={now}
          />
        ))}
      </ul>
      <div className="charts">
        <LoadChart history={history} ids={byAge.map(({ id }) => id)} colours={colours} />
        <TakeoverChart takeovers={takeovers} />
      </div>
      <h2>Takeovers</h2>
      {takeovers.length === 0 ? (
        <EmptyState title="No takeovers">
          <p>Where a node ends or dies, others go on with its conversations, and that is listed here.</p>
        </EmptyState>
      ) : (
        <TakeoverTable takeovers={takeovers} nodes={nodes} now={now} />
      )}
    </div>
  );
}

function Figure({ name, value }: { readonly name: string; readonly value: number }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

import { useId } from 'react';
import { type LoadSample, layersOf, scaleTop } from './load-history.ts';

const WIDTH = 640;
const HEIGHT = 140;

interface LoadChartProps {
  readonly history: readonly LoadSample[];
  /** The lowest layer first. */
  readonly ids: readonly string[];
  readonly colours: ReadonlyMap<string, string>;
}

/** Running agents of the last two minutes, a layer a node. */
export function LoadChart({ colours, history, ids }: LoadChartProps) {
  const titleId = useId();
  const totals = history.map(({ loads }) => [...loads.values()].reduce((sum, load) => sum + load, 0));
  const top = scaleTop(Math.max(1, ...totals));
  const layers = layersOf(history, ids);
  const y = (load: number): number => HEIGHT - (load / top) * HEIGHT;
  return (
    <figure className="chart">
      <figcaption>Running agents, last 2 minutes</figcaption>
      <div className="chart-plot">
        <span className="chart-top">{top}</span>
        <span className="chart-bottom">0</span>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-labelledby={titleId}
        >
          <title id={titleId}>{`Running agents: ${totals.at(-1) ?? 0} now`}</title>
          <path
            className="chart-grid"
            d={`M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`}
          />
          {[...layers].map(([id, points]) => {
            const upper = points.map(({ to, x }) => `${(x * WIDTH).toFixed(1)} ${y(to).toFixed(1)}`);
            const lower = points.map(({ from, x }) => `${(x * WIDTH).toFixed(1)} ${y(from).toFixed(1)}`);
            const outline = [...upper, ...lower.toReversed()].join('L');
            return outline === '' ? null : (
              <path key={id} className={`chart-layer ${colours.get(id) ?? ''}`} d={`M${outline}Z`} />
            );
          })}
        </svg>
      </div>
    </figure>
  );
}

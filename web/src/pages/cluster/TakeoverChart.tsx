import type { TakeoverView } from 'convene/client';
import { useId } from 'react';
import { scaleTop } from './load-history.ts';
import { milliseconds } from './node-view.ts';

const WIDTH = 640;
const HEIGHT = 140;
const SHOWN = 40;
const GAP = 4;

/** How long the last takeovers took, the newest at the right. */
export function TakeoverChart({ takeovers }: { readonly takeovers: readonly TakeoverView[] }) {
  const titleId = useId();
  const shown = takeovers.slice(0, SHOWN).toReversed();
  const longest = Math.max(0, ...shown.map(({ durationMs }) => durationMs));
  const top = scaleTop(Math.max(100, longest));
  const step = WIDTH / SHOWN;
  return (
    <figure className="chart">
      <figcaption>Duration of the last takeovers</figcaption>
      <div className="chart-plot">
        <span className="chart-top">{milliseconds(top)}</span>
        <span className="chart-bottom">0</span>
        <svg
          viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
          preserveAspectRatio="none"
          role="img"
          aria-labelledby={titleId}
        >
          <title id={titleId}>
            {shown.length === 0
              ? 'No takeovers'
              : `${shown.length} takeovers, the longest ${milliseconds(longest)}`}
          </title>
          <path
            className="chart-grid"
            d={`M0 .5H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}M0 ${HEIGHT - 0.5}H${WIDTH}`}
          />
          {shown.map(({ at, conversation, durationMs }, index) => {
            const height = Math.max(2, (durationMs / top) * HEIGHT);
            return (
              <rect
                key={`${at} ${conversation}`}
                className="chart-bar"
                x={WIDTH - (shown.length - index) * step + GAP / 2}
                y={HEIGHT - height}
                width={step - GAP}
                height={height}
              />
            );
          })}
        </svg>
      </div>
    </figure>
  );
}

/** What the nodes ran in the last minutes, as this page has seen it. */
import type { NodeView } from 'convene/client';

export interface LoadSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Running loops by node; a node that is gone has none. */
  readonly loads: ReadonlyMap<string, number>;
}

export const WINDOW_MS = 120_000;

/** With one more sample, and without what is older than the window. */
export function withSample(
  history: readonly LoadSample[],
  nodes: readonly NodeView[],
  at: number,
): readonly LoadSample[] {
  if (history.at(-1)?.at === at) return history;
  const loads = new Map(nodes.filter(({ live }) => live).map(({ id, load }) => [id, load]));
  return [...history.filter((sample) => sample.at > at - WINDOW_MS && sample.at < at), { at, loads }];
}

/** Bounds of one node's layer: from what lies under it to that and its own. */
export interface LayerPoint {
  /** 0 to 1 within the window, the newest at 1. */
  readonly x: number;
  readonly from: number;
  readonly to: number;
}

/** The nodes' loads on top of each other, in this order. */
export function layersOf(
  history: readonly LoadSample[],
  ids: readonly string[],
): ReadonlyMap<string, readonly LayerPoint[]> {
  const newest = history.at(-1)?.at ?? 0;
  const layers = new Map<string, LayerPoint[]>(ids.map((id) => [id, []]));
  for (const { at, loads } of history) {
    let from = 0;
    for (const [id, points] of layers) {
      const to = from + (loads.get(id) ?? 0);
      points.push({ x: 1 - (newest - at) / WINDOW_MS, from, to });
      from = to;
    }
  }
  return layers;
}

/** The top of a scale that has this on it: 1, 2, 5, 10, 20, 50, … */
export function scaleTop(most: number): number {
  for (let power = 1; ; power *= 10) {
    const top = [1, 2, 5].map((step) => step * power).find((step) => step >= most);
    if (top !== undefined) return top;
  }
}

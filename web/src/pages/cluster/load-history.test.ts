import type { NodeView } from 'convene/client';
import { describe, expect, it } from 'vitest';
import { type LoadSample, layersOf, scaleTop, WINDOW_MS, withSample } from './load-history.ts';

const node = (id: string, load: number, live = true): NodeView => ({
  id,
  load,
  live,
  url: null,
  draining: false,
  startedAt: '2026-01-01T00:00:00.000Z',
  running: [],
});

describe('the history of loads', () => {
  it('keeps what is within the window, and each time once', () => {
    let history: readonly LoadSample[] = [];
    for (let second = 0; second <= 200; second += 1) {
      history = withSample(history, [node('a', second)], second * 1000);
    }
    expect(history).toHaveLength(WINDOW_MS / 1000);
    expect(withSample(history, [node('a', 7)], 200_000)).toBe(history);
  });

  it('puts the nodes on top of each other; one that is gone has nothing', () => {
    const history = withSample(
      withSample([], [node('a', 2), node('b', 3)], 60_000),
      [node('a', 2, false), node('b', 4)],
      120_000,
    );
    const layers = layersOf(history, ['a', 'b']);
    expect(layers.get('a')).toEqual([
      { x: 0.5, from: 0, to: 2 },
      { x: 1, from: 0, to: 0 },
    ]);
    expect(layers.get('b')).toEqual([
      { x: 0.5, from: 2, to: 5 },
      { x: 1, from: 0, to: 4 },
    ]);
  });
});

it.each([
  [0, 1],
  [1, 1],
  [3, 5],
  [11, 20],
  [450, 500],
])('a scale for %d ends at %d', (most, top) => expect(scaleTop(most)).toBe(top));

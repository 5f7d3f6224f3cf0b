/** Nodes in words. */
import type { NodeView } from 'convene/client';
import type { ShownState } from '../../data/agent-state.ts';

/** The colours of charts: as many as the style sheet has. */
const COLOURS = 6;

export function nodeState({ draining, live }: NodeView): ShownState {
  if (!live) return { word: 'Gone', tone: 'error' };
  return draining ? { word: 'Ends', tone: 'waiting' } : { word: 'Alive', tone: 'finished' };
}

export function nodeName({ id, url }: Pick<NodeView, 'id' | 'url'>): string {
  return url === null ? shortId(id) : url.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

export function shortId(id: string): string {
  return id.length <= 10 ? id : id.slice(0, 8);
}

/** A node keeps its colour while the page is open: they are given out by age. */
export function colourClasses(nodes: readonly NodeView[]): ReadonlyMap<string, string> {
  const oldestFirst = nodes.toSorted((left, right) => (left.startedAt < right.startedAt ? -1 : 1));
  return new Map(oldestFirst.map(({ id }, index) => [id, `series-${(index % COLOURS) + 1}`]));
}

/** How long, in the two largest units: `3 d 4 h`, `2 min 5 s`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3_600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'],
    [seconds % 60, 's'],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = parts.slice(first === -1 ? 3 : first).slice(0, 2);
  return shown.map(([count, unit]) => `${count} ${unit}`).join(' ');
}

export function milliseconds(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

const causes: ReadonlyMap<string, string> = new Map([
  ['crashed', 'Process ended'],
  ['lease ended', 'Paused or cut off'],
  ['handed over', 'Handed over'],
]);

/** What the server calls a cause; a new one as it comes. */
export function causeInWords(cause: string): string {
  return causes.get(cause) ?? cause;
}

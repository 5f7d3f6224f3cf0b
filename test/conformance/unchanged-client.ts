/**
 * What an unchanged web client of OpenHands 0.27 does, in its order, over a WebSocket and plain HTTP (docs/protocol.md).
 * Both modes pass it.
 */
import { unchangedClientEdges } from './unchanged-client-edges.ts';
import { unchangedClientFiles } from './unchanged-client-files.ts';
import type { Site } from './unchanged-client-site.ts';
import { unchangedClientUsual } from './unchanged-client-usual.ts';
import { unchangedClientVisit } from './unchanged-client-visit.ts';

export function unchangedClient(site: Site): void {
  unchangedClientUsual(site);
  unchangedClientEdges(site);
  unchangedClientFiles(site);
  unchangedClientVisit(site);
}

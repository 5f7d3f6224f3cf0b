/** What is measured of a cluster, in this order. */
import type { Row } from '../rows/row.ts';
import { clusterAppends } from './appends.ts';
import { census } from './census.ts';
import { crash } from './crash.ts';
import { handover } from './handover.ts';
import { heartbeat } from './heartbeat.ts';
import { liveEvent, remoteTurn } from './remote.ts';
import { silence } from './silence.ts';

export const clusterRows: readonly Row[] = [
  crash,
  silence,
  handover,
  remoteTurn,
  liveEvent,
  clusterAppends,
  census,
  heartbeat,
];

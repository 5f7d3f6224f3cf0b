/** What is measured of a cluster, in this order. */
import type { Row } from '../rows/row.ts';
import { crash } from './crash.ts';

export const clusterRows: readonly Row[] = [crash];

/** How the server is: for whoever watches over it. */
import { z } from 'zod';
import { ConveneError } from '../../errors.ts';
import type { HttpApp, HttpParts } from './http-app.ts';

export function statusRoutes(app: HttpApp, { manager, isClosing }: HttpParts): void {
  /** The process lives. */
  app.get('/healthz', async () => ({ status: 'ok' }));

  /** It takes work. */
  app.get('/readyz', async () => {
    if (isClosing()) throw new ConveneError('draining');
    if (!(await manager.isReady())) throw new ConveneError('store_unavailable', 'This server is not ready.');
    return { status: 'ready' };
  });

  app.get(
    '/api/cluster',
    { schema: { querystring: z.object({ sid: z.string().optional() }) } },
    async ({ query }) => {
      const { nodes, takeovers } = await manager.clusterInfo(query.sid);
      return {
        nodes: nodes.map(({ startedAt, ...node }) => ({ ...node, started_at: startedAt })),
        takeovers: takeovers.map(({ durationMs, ...takeover }) => ({ ...takeover, duration_ms: durationMs })),
      };
    },
  );
}

/**
 * `/metrics`, for Prometheus: how this process is, how many loops it runs and how many clients it serves. What nobody asks
 * for is not measured: the first scrape begins it.
 */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { HttpApp, HttpParts } from './http-app.ts';

export function metricsRoute(app: HttpApp, { manager }: HttpParts): void {
  let registry: Registry | null = null;
  app.get('/metrics', async (_request, reply) => {
    registry ??= measured(manager);
    const text = await registry.metrics();
    return reply.type(registry.contentType).send(text);
  });
}

function measured(manager: HttpParts['manager']): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, read: () => Promise<number>): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });
  };
  gauge(
    'convene_running_loops',
    'Agent loops that run.',
    async () => (await manager.getRunningAgentLoops()).size,
  );
  gauge(
    'convene_connections',
    'Clients that have joined a conversation.',
    async () => (await manager.getConnections()).size,
  );
  gauge('convene_ready', '1 where work is accepted.', async () => Number(await manager.isReady()));
  return registry;
}

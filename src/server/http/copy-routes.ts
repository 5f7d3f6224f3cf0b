/** Conversations made of others: forks and imported trajectories. */
import { z } from 'zod';
import { userOf } from '../user.ts';
import { existing } from './existing.ts';
import type { HttpApp, HttpParts } from './http-app.ts';
import { namesOf } from './idempotency.ts';
import { idempotencyHeaders, sidParams } from './request-schemas.ts';

const title = z.string().trim().min(1).max(500).nullish();

const forkBody = z.preprocess(
  (body) => body ?? {},
  z.object({
    /** The last event of the copy. */
    event_id: z.int().min(0).nullish(),
    title,
  }),
);

const importBody = z.object({ trajectory: z.array(z.unknown()).max(1_000_000), title });

export function copyRoutes(app: HttpApp, { clock, manager, secretKey, settings }: HttpParts): void {
  const newSid = (userId: string, key: string | undefined): string =>
    key === undefined ? clock.id() : namesOf(secretKey, userId, key).sid;

  app.post(
    '/api/conversations/:id/fork',
    { schema: { params: sidParams, body: forkBody, headers: idempotencyHeaders } },
    async ({ body, headers, params, raw }) => {
      const userId = userOf(raw);
      const { sid } = await existing(manager, params.id, raw);
      const copy = newSid(userId, headers['idempotency-key']);
      const options = {
        settings: await settings.load(userId),
        ...(typeof body.event_id === 'number' ? { upTo: body.event_id } : {}),
        ...(body.title ? { title: body.title } : {}),
      };
      await manager.forkConversation(sid, copy, options, userId);
      return { status: 'ok', conversation_id: copy };
    },
  );

  app.post(
    '/api/conversations/import',
    { schema: { body: importBody, headers: idempotencyHeaders } },
    async ({ body, headers, raw }) => {
      const userId = userOf(raw);
      const copy = newSid(userId, headers['idempotency-key']);
      const options = {
        settings: await settings.load(userId),
        ...(body.title ? { title: body.title } : {}),
      };
      await manager.importConversation(copy, body.trajectory, options, userId);
      return { status: 'ok', conversation_id: copy };
    },
  );
}

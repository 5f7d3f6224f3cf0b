/** What a client asks of one conversation beside its life and its files. */
import { Readable } from 'node:stream';
import { z } from 'zod';
import { ConveneError } from '../../errors.ts';
import { isHidden } from '../../events/visibility.ts';
import type { Conversation } from '../../manager/conversation.ts';
import { attached, existing } from './existing.ts';
import type { HttpApp, HttpParts } from './http-app.ts';
import { sidParams } from './request-schemas.ts';

const PAGE = 100;

/** Whatever a client says of a conversation is kept as it says it. */
const feedbackBody = z.looseObject({
  polarity: z.enum(['positive', 'negative']).optional(),
  email: z.string().max(1_000).optional(),
  permissions: z.enum(['public', 'private']).optional(),
  version: z.string().max(100).optional(),
});

export function recordRoutes(app: HttpApp, { clock, fileStore, manager }: HttpParts): void {
  const schema = { params: sidParams };

  app.get('/api/conversations/:id/config', { schema }, async ({ params, raw }) => {
    const { sid } = await existing(manager, params.id, raw);
    return { runtime_id: sid, session_id: sid };
  });

  /** There is no editor to open; clients ask once for each conversation, so that this is no error. */
  app.get('/api/conversations/:id/vscode-url', { schema }, async ({ params, raw }) => {
    await existing(manager, params.id, raw);
    return { vscode_url: null };
  });

  app.get('/api/conversations/:id/web-hosts', { schema }, async ({ params, raw }) => {
    await existing(manager, params.id, raw);
    return { hosts: {} };
  });

  app.get('/api/conversations/:id/trajectory', { schema }, async ({ log, params, raw }, reply) => {
    const conversation = await attached(manager, params.id, raw);
    const text = Readable.from(trajectory(conversation));
    text.once('close', () => {
      manager
        .detachFromConversation(conversation)
        .catch((error: unknown) => log.error({ err: error, sid: params.id }, 'detach failed'));
    });
    return reply.type('application/json; charset=utf-8').send(text);
  });

  app.post(
    '/api/conversations/:id/submit-feedback',
    { schema: { params: sidParams, body: feedbackBody } },
    async ({ body, params, raw }) => {
      const { head, sid } = await existing(manager, params.id, raw);
      const id = clock.id();
      const { trajectory: _, ...said } = body; // the log has it
      const feedback = { ...said, conversation_id: sid, head, at: new Date(clock.now()).toISOString() };
      await fileStore.write(`feedback/${sid}/${id}.json`, JSON.stringify(feedback));
      return { statusCode: 200, body: { message: 'Feedback stored', feedback_id: id, password: '' } };
    },
  );

  /** No analyzer can be chosen (`/api/options/security-analyzers`), so there is none to ask. */
  app.all('/api/conversations/:id/security/*', { schema }, async ({ params, raw }) => {
    await existing(manager, params.id, raw);
    throw new ConveneError('not_found', 'This conversation has no security analyzer.');
  });
}

/** A page of events is in memory. */
async function* trajectory({ eventStream }: Conversation): AsyncGenerator<string> {
  let after = -1;
  let separator = '{"trajectory":[';
  for (;;) {
    const { events, hasMore } = await eventStream.events({ after, limit: PAGE });
    for (const event of events) {
      after = event.id;
      if (isHidden(event)) continue;
      yield separator + JSON.stringify(event);
      separator = ',';
    }
    if (!hasMore) break;
  }
  yield separator === ',' ? ']}' : `${separator}]}`;
}

/** `/api/conversations`: create, list, and one conversation's own life. */
import { z } from 'zod';
import { ConveneError } from '../../errors.ts';
import type { InitialMessage } from '../../manager/conversation-manager.ts';
import { isSid } from '../sid.ts';
import { SETTINGS_NOT_FOUND } from '../socket/refusal.ts';
import { userOf } from '../user.ts';
import { conversationInfo } from './conversation-info.ts';
import { existing } from './existing.ts';
import type { HttpApp, HttpParts } from './http-app.ts';
import { namesOf } from './idempotency.ts';
import { idempotencyHeaders, limit, sidParams } from './request-schemas.ts';

const createFields = z.object({
  selected_repository: z.string().max(1_000).nullish(),
  selected_branch: z.string().max(1_000).nullish(),
  initial_user_msg: z.string().nullish(),
  image_urls: z.array(z.string()).nullish(),
  /** Checked where it is read. */
  replay_json: z.unknown().optional(),
});
const createBody = z.preprocess((body) => body ?? {}, createFields);

const listQuery = z.object({
  limit,
  page_id: z.string().optional(),
  /** Every word of it must begin a word of the title, or of one event. */
  query: z.string().max(1_000).optional(),
});

const titleBody = z.object({ title: z.string().trim().min(1).max(500) });

const messageBody = z.object({
  message: z.string(),
  image_urls: z.array(z.string()).nullish(),
  /** Makes a retry safe. */
  action_id: z.string().nullish(),
});

export function conversationRoutes(app: HttpApp, parts: HttpParts): void {
  const { manager, settings, lacksLlm, clock, secretKey } = parts;

  app.post(
    '/api/conversations',
    { schema: { body: createBody, headers: idempotencyHeaders } },
    async (request, reply) => {
      const { body, headers } = request;
      // An empty one is none, as clients send it.
      const plays = body.replay_json !== undefined && body.replay_json !== null && body.replay_json !== '';
      const userId = userOf(request.raw);
      const stored = await settings.load(userId);
      // Also what is played back: its viewers need what every viewer needs, and the ordinary agent goes on.
      if (lacksLlm(stored)) {
        return reply
          .code(400)
          .send({ status: 'error', message: 'Settings not found', msg_id: SETTINGS_NOT_FOUND });
      }
      const key = headers['idempotency-key'];
      const { sid, actionId } =
        key === undefined ? { sid: clock.id(), actionId: clock.id() } : namesOf(secretKey, userId, key);
      // A retry creates nothing and wakes nothing: whatever has become of the conversation since, it was made.
      if (key === undefined || (await manager.getConversation(sid, userId)) === null) {
        await manager.maybeStartAgentLoop(sid, stored, userId, initialMessage(body, actionId), {
          ...(body.selected_repository ? { selectedRepository: body.selected_repository } : {}),
          ...(body.selected_branch ? { selectedBranch: body.selected_branch } : {}),
          ...(plays ? { replay: body.replay_json } : {}),
        });
      }
      return { status: 'ok', conversation_id: sid };
    },
  );

  app.get('/api/conversations', { schema: { querystring: listQuery } }, async ({ query, raw }) => {
    const userId = userOf(raw);
    const text = query.query ?? '';
    const page = { userId, limit: query.limit, ...(query.page_id ? { cursor: query.page_id } : {}) };
    const { conversations, next } = await (text === ''
      ? manager.listConversations(page)
      : manager.searchConversations({ ...page, text }));
    const running = await manager.getRunningAgentLoops(userId, new Set(conversations.map(({ sid }) => sid)));
    return {
      results: conversations.map((record) => conversationInfo(record, running)),
      next_page_id: next,
    };
  });

  app.get('/api/conversations/:id', { schema: { params: sidParams } }, async (request, reply) => {
    const { id } = request.params;
    const userId = userOf(request.raw);
    const record = isSid(id) ? await manager.getConversation(id, userId) : null;
    reply.type('application/json; charset=utf-8');
    if (record === null) return reply.send('null');
    return conversationInfo(record, await manager.getRunningAgentLoops(userId, new Set([id])));
  });

  app.patch(
    '/api/conversations/:id',
    { schema: { params: sidParams, body: titleBody } },
    async ({ params, body, raw }) => {
      const renamed =
        isSid(params.id) && (await manager.renameConversation(params.id, body.title, userOf(raw)));
      if (!renamed) throw new ConveneError('conversation_not_found');
      return true;
    },
  );

  app.delete('/api/conversations/:id', { schema: { params: sidParams } }, async ({ params, raw }) => {
    return isSid(params.id) && (await manager.deleteConversation(params.id, userOf(raw)));
  });

  app.post('/api/conversations/:id/start', { schema: { params: sidParams } }, async ({ params, raw }) => {
    const userId = userOf(raw);
    const { sid } = await existing(manager, params.id, raw);
    const stored = await settings.load(userId);
    if (lacksLlm(stored)) throw new ConveneError('settings_not_found');
    await manager.maybeStartAgentLoop(sid, stored, userId);
    return { status: 'ok', conversation_id: sid, conversation_status: 'RUNNING' };
  });

  app.post('/api/conversations/:id/stop', { schema: { params: sidParams } }, async ({ params, raw }) => {
    const { sid } = await existing(manager, params.id, raw);
    await manager.closeSession(sid);
    return { status: 'ok', conversation_id: sid, conversation_status: 'STOPPED' };
  });

  app.post(
    '/api/conversations/:id/message',
    { schema: { params: sidParams, body: messageBody } },
    async ({ params, body, raw }) => {
      const userId = userOf(raw);
      const { sid } = await existing(manager, params.id, raw);
      const frame = {
        action: 'message',
        args: { content: body.message, image_urls: body.image_urls ?? [] },
        action_id: body.action_id ?? undefined,
      };
      const { id } = await manager.sendEventToConversation(sid, frame, userId);
      return { success: true, id };
    },
  );
}

/** What a conversation begins with; nothing where there is neither text nor image. */
function initialMessage(body: z.output<typeof createFields>, actionId: string): InitialMessage | undefined {
  const content = body.initial_user_msg ?? '';
  const imageUrls = body.image_urls ?? [];
  return content === '' && imageUrls.length === 0 ? undefined : { content, imageUrls, actionId };
}
